using System.Text;
using Azure.Storage.Queues;
using MailDepot.Events;
using MailDepot.Host.Smtp;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Functions.Tests.Worker;

/// <summary>Mail goes through the real worker behind the real listeners, from each connector to its receipt.</summary>
public sealed class WorkerJourneyTests(AzuriteFixture azurite, PublishedAppFixture published, DovecotFixture dovecot)
    : IClassFixture<DovecotFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_by_SMTP_has_a_receipt()
    {
        await using var app = await HostedApp.CreateAsync(published, await azurite.NextAccountAsync());
        await app.StartAsync();
        await using var port = await SmtpPort.ListenAsync(
            app.Depot.Get<MailSpool>(), app.Depot.Get<IOptions<DepotOptions>>().Value);
        var mail = A.Mail().Bytes();
        await SmtpClient.SendAsync(
            "127.0.0.1", new Uri(port.Urls.Single()).Port, "anna@example.com", [TestDepot.Office], new MemoryStream(mail), Token);

        var receipt = await ReceiptAsync(app);
        Assert.Equal(mail, await app.Depot.RawAsync(receipt));
        Assert.Equal("anna@example.com", Assert.IsType<SmtpSource>(receipt.Source).From);
    }

    [Fact]
    public async Task A_mail_in_a_mailbox_is_collected_when_the_timer_ticks_and_has_a_receipt()
    {
        var mailbox = dovecot.NextMailbox();
        var mail = A.Mail().Bytes();
        mailbox.Put(mail);
        await using var app = await HostedApp.CreateAsync(
            published, await azurite.NextAccountAsync(), mailbox.Settings(),
            setup => setup with { Schedules = EachSecond(nameof(Triggers.PollPop3)) });
        await app.StartAsync();

        var receipt = await ReceiptAsync(app);
        Assert.Empty(mailbox.Mails);
        Assert.Equal(mail, await app.Depot.RawAsync(receipt));
        Assert.Equal(DovecotMailbox.Name, Assert.IsType<Pop3Source>(receipt.Source).Mailbox);
    }

    [Fact]
    public async Task Each_timer_starts_its_job()
    {
        var mailbox = dovecot.NextMailbox();
        await using var relay = new RelaySink();
        var settings = mailbox.Settings().Concat(relay.Settings()).ToDictionary(StringComparer.Ordinal);
        settings["Passwords:office"] = "not the mailbox's";
        var account = await azurite.NextAccountAsync();
        await using var app = await HostedApp.CreateAsync(
            published, account, settings, setup => setup with
            {
                Schedules = EachSecond(nameof(Triggers.PollPop3), nameof(Triggers.NotifyAdministrator), nameof(Triggers.Housekeeping)),
            });
        var old = await WriteOldEventAsync(account);
        await app.StartAsync();

        await Eventually.IsTrueAsync(() => app.Host.Calls.Succeeded(nameof(Triggers.CollectMailbox)) > 0, "PollPop3 asks for a visit");
        await Eventually.IsTrueAsync(() => !relay.Mails.IsEmpty, "NotifyAdministrator mails that the password is wrong");
        await Eventually.IsTrueAsync(
            async () => (await TestDepot.RowsAsync(app.Depot.Storage.Events)).All(row => row.RowKey != old),
            "Housekeeping removes old events");
    }

    [Fact]
    public async Task Bytes_of_every_value_reach_the_worker_exact_up_to_the_largest_message()
    {
        await using var app = await HostedApp.CreateAsync(published, await azurite.NextAccountAsync());
        byte[] message = [.. Enumerable.Range(0, StorageLimits.QueueMessageBytes).Select(number => (byte)(number ^ (number >> 8)))];
        Assert.Equal(256, message.Distinct().Count());
        await app.Depot.Storage.ArchiveQueue.SendMessageAsync(BinaryData.FromBytes(message), cancellationToken: Token);
        await app.StartAsync();

        var (reason, _, content) = await QuarantinedAsync(app);
        Assert.Equal(nameof(QuarantineReason.TicketUnreadable), reason);
        Assert.Equal(message, content);
    }

    [Fact]
    public async Task A_message_that_is_not_base64_goes_to_quarantine_at_once()
    {
        var account = await azurite.NextAccountAsync();
        await using var app = await HostedApp.CreateAsync(published, account);
        await new QueueClient(account, QueueNames.Archive).SendMessageAsync("*** not base64 ***", Token);
        await app.StartAsync();

        var (reason, _, content) = await QuarantinedAsync(app);
        Assert.Equal((nameof(QuarantineReason.TicketUnreadable), "*** not base64 ***"), (reason, Encoding.UTF8.GetString(content)));
        Assert.Equal(0, (await app.Depot.Storage.ArchivePoison.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
        Assert.Equal(0, app.Host.Calls.Failed(nameof(Triggers.ArchiveMail)));
    }

    [Fact]
    public async Task A_mail_that_fails_five_times_is_rescued_and_archived()
    {
        await using var app = await HostedApp.CreateAsync(published, await azurite.NextAccountAsync());
        var archive = app.Depot.Storage.Archive(TestDepot.Container);
        await archive.DeleteAsync(cancellationToken: Token);
        var tickets = await app.ReceiveAsync(1);
        await app.StartAsync();

        await Eventually.IsTrueAsync(
            () => app.Host.Calls.Succeeded(nameof(Triggers.RescuePoison)) > 0, "the mail is put aside and rescued");
        Assert.Equal(QueueWork.MaxAttempts, app.Host.Calls.Failed(nameof(Triggers.ArchiveMail)));
        await archive.CreateAsync(cancellationToken: Token);
        await app.AreArchivedOnceAsync(tickets);
    }

    /// <summary>A second after the other, in place of the app's own schedule.</summary>
    private static Dictionary<string, string> EachSecond(params string[] functions) =>
        functions.ToDictionary(function => function, _ => "* * * * * *", StringComparer.Ordinal);

    /// <summary>Older than any log keeps events; the key of its row.</summary>
    private static async Task<string> WriteOldEventAsync(string account)
    {
        await using var past = await TestDepot.CreateAsync(account, new FakeTimeProvider(new(2010, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        var log = past.Get<EventLog>();
        past.Get<DepotEvents>().Write(EventKind.Received, Guid.Empty, "Long ago.");
        await log.FlushAsync(Token);
        return Assert.Single(await TestDepot.RowsAsync(past.Storage.Events)).RowKey;
    }

    private static async Task<Receipt> ReceiptAsync(HostedApp app)
    {
        await Eventually.IsTrueAsync(
            async () => (await TestDepot.RowsAsync(app.Depot.Storage.Receipts)).Count > 0, "the mail has a receipt");
        var row = Assert.Single(await TestDepot.RowsAsync(app.Depot.Storage.Receipts));
        return (await app.Depot.Reader.FindAsync(TableKey.Id(row.RowKey), Token))!;
    }

    private static async Task<(string Reason, string Sentence, byte[] Content)> QuarantinedAsync(HostedApp app)
    {
        await Eventually.IsTrueAsync(
            async () => (await TestDepot.BlobNamesAsync(app.Depot.Storage.Quarantine)).Count > 0, "the message is in quarantine");
        return await app.Depot.QuarantinedAsync();
    }
}
