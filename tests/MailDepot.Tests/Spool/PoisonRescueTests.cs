using MailDepot.Events;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Spool;

public sealed class PoisonRescueTests(AzuriteFixture azurite)
{
    private readonly FakeTimeProvider clock = new(Tickets.Noon);
    private readonly TimeLapse lapse = new();
    private readonly FaultAt fault = new()
    {
        On = uri => uri.AbsolutePath.Contains("/archive-default/", StringComparison.Ordinal),
        AndAllLater = true,
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1_000)]
    [InlineData(60_000)]
    public async Task A_ticket_that_fails_for_hours_is_retried_with_growing_delays(int size)
    {
        await using var depot = await CreateAsync();
        var mail = Noise(size);
        var ticket = await depot.ReceiveAsync(mail);
        fault.Reset(1, afterIt: false);
        while (clock.GetUtcNow() < Tickets.Noon.AddHours(23))
        {
            await FailAndRescueAsync(depot);
        }

        fault.Stop();
        await depot.ArchiveAllAsync();
        Assert.Equal(mail, await depot.RawAsync((await depot.Reader.FindAsync(ticket.Id, Token))!));
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], lapse.Puts("archive").Skip(1).Take(8).Select(put => (int)put.Hidden.TotalMinutes));
        Assert.All(lapse.Puts("archive"), put => Assert.Equal(StorageLimits.NeverExpires, put.Lives));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Spool));
        Assert.Empty(await depot.QueueAsync());
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(60_000)]
    public async Task After_a_day_it_is_quarantined_and_starts_over_when_released(int size)
    {
        await using var depot = await CreateAsync();
        var mail = Noise(size);
        var ticket = await depot.ReceiveAsync(mail);
        fault.Reset(1, afterIt: false);
        while (await depot.QueueAsync() is { Length: > 0 })
        {
            await FailAndRescueAsync(depot);
        }

        Assert.InRange(clock.GetUtcNow() - Tickets.Noon, TimeSpan.FromHours(24), TimeSpan.FromHours(25.1));
        var (reason, sentence, content) = await depot.QuarantinedAsync();
        Assert.Equal(nameof(QuarantineReason.NeverSucceeded), reason);
        Assert.Contains($"{ticket.Id}", sentence, StringComparison.Ordinal);
        Assert.Contains("since 2026-11-23 12:00 UTC", sentence, StringComparison.Ordinal);
        Assert.Equal(Tickets.Inline(ticket, mail), RescueMark.Strip(content));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Spool));

        await depot.Get<QuarantinedTickets>().ReleaseAsync(
            (await depot.Get<QuarantinedTickets>().FindAsync($"{ticket.Id}", Token))!, Token);
        Assert.Null(RescueMark.Read(Assert.Single(await depot.QueueAsync()).Body.ToArray()));
        fault.Stop();
        await depot.ArchiveAllAsync();
        Assert.Equal(mail, await depot.RawAsync((await depot.Reader.FindAsync(ticket.Id, Token))!));
    }

    [Fact]
    public async Task Garbage_goes_to_quarantine_at_once()
    {
        await using var depot = await CreateAsync();
        var garbage = "no ticket\nat all"u8.ToArray();
        await depot.Get<PoisonRescue>().RescueAsync(garbage, Token);
        var (reason, _, content) = await depot.QuarantinedAsync();
        Assert.Equal(nameof(QuarantineReason.TicketUnreadable), reason);
        Assert.Equal(garbage, content);
        Assert.Empty(await depot.QueueAsync());
    }

    [Fact]
    public async Task A_ticket_of_a_later_version_is_rescued_and_after_a_day_quarantined_unchanged()
    {
        await using var depot = await CreateAsync();
        var later = "{\"v\":2,\"id\":\"019ab0dc-1201-7000-8000-000000000001\"}\npayload"u8.ToArray();
        await depot.Get<PoisonRescue>().RescueAsync(later, Token);
        var marked = Assert.Single(await depot.QueueAsync()).Body.ToMemory();
        clock.Advance(TimeSpan.FromHours(24));
        await depot.Get<PoisonRescue>().RescueAsync(marked, Token);
        Assert.Equal(later, RescueMark.Strip((await depot.QuarantinedAsync()).Content));
        var quarantined = Assert.Single(depot.Events, e => e.Kind is EventKind.Quarantined);
        Assert.Equal(Guid.Parse("019ab0dc-1201-7000-8000-000000000001"), quarantined.Id);
    }

    [Fact]
    public async Task A_full_message_of_another_version_is_rescued_without_its_mark()
    {
        await using var depot = await CreateAsync();
        byte[] full = [.. "{\"v\":2}\n"u8, .. new byte[StorageLimits.QueueMessageBytes - 9]];
        await depot.Get<PoisonRescue>().RescueAsync(full, Token);
        Assert.Equal(full, Assert.Single(await depot.QueueAsync()).Body.ToArray());
    }

    [Fact]
    public async Task A_second_pointer_to_a_quarantined_mail_adds_nothing()
    {
        await using var depot = await CreateAsync();
        var ticket = await depot.ReceiveAsync(Noise(60_000));
        var day = new RescueMark(Tickets.Noon.AddDays(-1), 30);
        await depot.Get<PoisonRescue>().RescueAsync(day.AddTo(ticket.ToPointer()), Token);
        await depot.Get<PoisonRescue>().RescueAsync((day with { Number = 2 }).AddTo(ticket.ToPointer()), Token);
        await depot.Archiver.ArchiveAsync(ticket.ToPointer(), Token);
        Assert.Equal([ticket.SpoolName], await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
        Assert.Single(depot.Events, e => e.Kind is EventKind.Quarantined);
    }

    private async Task<TestDepot> CreateAsync() => await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault, lapse);

    /// <summary>One round: the archiver fails, the host poisons the message, the rescue puts it back, and its delay passes.</summary>
    private async Task FailAndRescueAsync(TestDepot depot)
    {
        var message = (await depot.Storage.ArchiveQueue.ReceiveMessageAsync(cancellationToken: Token)).Value;
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => depot.Archiver.ArchiveAsync(message.Body.ToMemory(), Token));
        await depot.Get<PoisonRescue>().RescueAsync(message.Body.ToMemory(), Token);
        await depot.Storage.ArchiveQueue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
        clock.Advance(lapse.Puts("archive")[^1].Hidden);
    }

    private static byte[] Noise(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
