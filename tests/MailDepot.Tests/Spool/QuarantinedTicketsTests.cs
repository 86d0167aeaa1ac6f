using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Tests.Spool;

public sealed class QuarantinedTicketsTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1_000)]
    [InlineData(60_000)]
    [InlineData(5_000_000)]
    public async Task A_released_ticket_is_archived_as_if_it_had_just_arrived(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = new byte[size];
        new Random(size).NextBytes(mail);
        var held = await HoldAsync(depot, await depot.ReceiveAsync(mail));
        Assert.Equal(nameof(QuarantineReason.NeverSucceeded), held.Reason);
        Assert.Equal(held.Id, (await View(depot).TicketAsync(held, Token))?.Id.ToString("D"));
        await using (var kept = await (await View(depot).PayloadAsync(held, Token))!.OpenAsync(Token))
        {
            Assert.Equal(Digest.Of(mail), await DigestAsync(kept));
        }

        await View(depot).ReleaseAsync(held, Token);
        Assert.Empty(await View(depot).ListAsync(Token).ToListAsync(Token));
        await depot.ArchiveAllAsync();
        Assert.Equal(mail, await depot.RawAsync((await depot.Reader.FindAsync(Guid.Parse(held.Id), Token))!));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Spool));
        Assert.Single(depot.Events, e => e.Kind is EventKind.Released && e.Id == Guid.Parse(held.Id));
    }

    [Fact]
    public async Task Released_garbage_returns_to_quarantine_and_is_never_lost()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var garbage = "no ticket"u8.ToArray();
        await depot.Archiver.ArchiveAsync(garbage, Token);
        var held = Assert.Single(await View(depot).ListAsync(Token).ToListAsync(Token));
        Assert.Null(await View(depot).TicketAsync(held, Token));

        await View(depot).ReleaseAsync(held, Token);
        await depot.ArchiveAllAsync();
        Assert.Equal(garbage, (await depot.QuarantinedAsync()).Content);
    }

    [Fact]
    public async Task A_ticket_that_is_quarantined_again_before_its_release_ends_stays()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var garbage = "no ticket"u8.ToArray();
        await depot.Archiver.ArchiveAsync(garbage, Token);
        var held = Assert.Single(await View(depot).ListAsync(Token).ToListAsync(Token));
        await depot.Archiver.ArchiveAsync(garbage, Token); // an archiver that is faster than the release
        await View(depot).ReleaseAsync(held, Token);
        Assert.Equal(garbage, (await depot.QuarantinedAsync()).Content);
    }

    [Fact]
    public async Task A_release_before_the_spool_blob_is_deleted_keeps_the_mail()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = new byte[60_000];
        new Random(1).NextBytes(mail);
        var ticket = await depot.ReceiveAsync(mail);
        var spooled = depot.Storage.Spool.GetBlobClient(ticket.SpoolName);
        var before = (await spooled.GetPropertiesAsync(cancellationToken: Token)).Value.ETag;
        var content = (await spooled.DownloadContentAsync(Token)).Value.Content;
        await depot.Storage.Quarantine.UploadBlobAsync(ticket.SpoolName, content, Token); // quarantining has got this far
        await View(depot).ReleaseAsync((await View(depot).FindAsync($"{ticket.Id}", Token))!, Token);
        var late = await Assert.ThrowsAsync<Azure.RequestFailedException>(
            () => spooled.DeleteIfExistsAsync(conditions: new() { IfMatch = before }, cancellationToken: Token));
        Assert.Equal(412, late.Status);
        await depot.ArchiveAllAsync();
        Assert.Equal(mail, await depot.RawAsync((await depot.Reader.FindAsync(ticket.Id, Token))!));
    }

    [Fact]
    public async Task A_deleted_ticket_is_gone_and_the_log_says_why()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var held = await HoldAsync(depot, await depot.ReceiveAsync(A.Mail().Bytes()));
        Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(held, "sent by a test", Token));
        Assert.Empty(await View(depot).ListAsync(Token).ToListAsync(Token));
        var deleted = Assert.Single(await depot.Get<EventReader>().ReadAsync(null, 100, Token), e => e.Kind is EventKind.Deleted);
        Assert.Equal(Guid.Parse(held.Id), deleted.Id);
        Assert.EndsWith("because: sent by a test", deleted.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ticket_that_a_document_names_can_only_be_released()
    {
        var fault = new FaultAt { On = uri => uri.AbsolutePath.Contains("/ledger/", StringComparison.Ordinal), AndAllLater = true };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        var ticket = await depot.ReceiveAsync(A.Mail().Bytes());
        await FailAsync(depot, fault);
        await RefusedAsync(depot, await HoldAsync(depot, ticket), "the document documents/");
    }

    [Fact]
    public async Task A_ticket_that_a_delivery_names_can_only_be_released()
    {
        var fault = new FaultAt { On = uri => uri.AbsolutePath.Contains("/ledger/", StringComparison.Ordinal), AndAllLater = true };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        await depot.KeepAsync(A.Mail().Bytes(), "one@example.com");
        var ticket = await depot.ReceiveAsync(A.Mail().Bytes(), "two@example.com");
        await FailAsync(depot, fault);
        await RefusedAsync(depot, await HoldAsync(depot, ticket), "the delivery ");
    }

    private static QuarantinedTickets View(TestDepot depot) => depot.Get<QuarantinedTickets>();

    /// <summary>The archiver fails at the ledger: the document is there.</summary>
    private static async Task FailAsync(TestDepot depot, FaultAt fault)
    {
        fault.Reset(1, afterIt: false);
        var message = Assert.Single(await depot.QueueAsync());
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => depot.Archiver.ArchiveAsync(message.Body.ToMemory(), Token));
        fault.Stop();
    }

    private static async Task RefusedAsync(TestDepot depot, QuarantinedTicket held, string by)
    {
        var refusal = await depot.Get<QuarantineDeletion>().DeleteAsync(held, "no reason will do", Token);
        Assert.StartsWith($"Ticket {held.Id} can only be released: {by}", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain(depot.Events, e => e.Kind is EventKind.Deleted);
        await View(depot).ReleaseAsync(held, Token);
        await depot.ArchiveAllAsync();
        Assert.NotNull(await depot.Reader.FindAsync(Guid.Parse(held.Id), Token));
    }

    private static async Task<Digest> DigestAsync(Stream mail)
    {
        using var bytes = new MemoryStream();
        await mail.CopyToAsync(bytes, Token);
        return Digest.Of(bytes.ToArray());
    }

    /// <summary>Moves the only message from the queue into quarantine, as the rescue does when it gives up.</summary>
    private static async Task<QuarantinedTicket> HoldAsync(TestDepot depot, Ticket ticket)
    {
        var message = (await depot.Storage.ArchiveQueue.ReceiveMessageAsync(cancellationToken: Token)).Value;
        var marked = new RescueMark(ticket.Received.AddDays(-2), 30).AddTo(message.Body.ToArray());
        await depot.Get<PoisonRescue>().RescueAsync(marked, Token);
        await depot.Storage.ArchiveQueue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
        return await View(depot).FindAsync($"{ticket.Id}", Token)
            ?? throw new InvalidOperationException("The ticket is not in quarantine.");
    }
}
