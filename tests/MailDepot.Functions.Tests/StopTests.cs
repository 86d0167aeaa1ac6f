using Azure.Core;
using Azure.Core.Pipeline;
using MailDepot.Events;

namespace MailDepot.Functions.Tests;

/// <summary>The host stops, or loses a message to another host: the ticket is unharmed.</summary>
public sealed class StopTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stop_in_the_middle_ends_the_function_and_leaves_the_ticket_for_the_next()
    {
        var gate = new Gate("/documents/");
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync(), prepare: TestApp.With<HttpPipelinePolicy>(gate));
        var mail = A.Mail().Bytes();
        var ticket = await app.ReceiveAsync(mail);
        var message = (await app.Storage.ArchiveQueue.ReceiveMessageAsync(TimeSpan.FromSeconds(1), Token)).Value;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var run = app.InvokeAsync(nameof(Triggers.ArchiveMail), message.Body, stopping.Token);
        await gate.ReachedAsync(Token);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        gate.Open();

        Assert.DoesNotContain(app.Events, e => e.Kind is EventKind.Failed or EventKind.Quarantined);
        Assert.Empty(await app.ReceiptRowsAsync());
        await Eventually.IsTrueAsync(async () => await app.DrainAsync(nameof(Triggers.ArchiveMail)) == 1, "the message came back");
        Assert.Equal(mail, await app.RawAsync((await app.ReceiptAsync(ticket.Id))!));
    }

    /// <summary>The first run is held halfway, a second runs to its end, then the first goes on: together they make one receipt.</summary>
    [Theory]
    [InlineData("/documents/")]
    [InlineData("/ledger/")]
    [InlineData("/$batch")]
    [InlineData("/Participants")]
    public async Task A_ticket_that_comes_again_during_its_first_run_changes_nothing(string at)
    {
        var gate = new Gate(at);
        var account = await azurite.NextAccountAsync();
        await using var app = await TestApp.CreateAsync(account, prepare: TestApp.With<HttpPipelinePolicy>(gate));
        await using var other = await TestApp.CreateAsync(account);
        var ticket = await app.ReceiveAsync(A.Mail().Bytes());
        var message = (await app.Storage.ArchiveQueue.ReceiveMessageAsync(cancellationToken: Token)).Value.Body;

        var first = app.InvokeAsync(nameof(Triggers.ArchiveMail), message, Token);
        await gate.ReachedAsync(Token);
        await other.InvokeAsync(nameof(Triggers.ArchiveMail), message, Token);
        gate.Open();
        await first;

        Assert.Single(await app.ReceiptRowsAsync());
        Assert.Equal(ticket.Id, (await app.ReceiptAsync(ticket.Id))!.Id);
        Assert.Single(await app.DocumentNamesAsync());
        Assert.DoesNotContain(
            app.Events.Concat(other.Events), e => e.Kind is EventKind.Failed or EventKind.Quarantined or EventKind.Duplicate);
    }

    /// <summary>Holds the first call to storage whose path contains this text.</summary>
    private sealed class Gate(string path) : HttpPipelinePolicy
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task ReachedAsync(CancellationToken ct) => reached.Task.WaitAsync(TimeSpan.FromSeconds(30), ct);

        public void Open() => open.TrySetResult();

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
            throw new NotSupportedException("Nothing here talks to storage synchronously.");

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            if (message.Request.Uri.Path.Contains(path, StringComparison.Ordinal) && reached.TrySetResult())
            {
                await open.Task.WaitAsync(message.CancellationToken);
            }

            await ProcessNextAsync(message, pipeline);
        }
    }
}
