using System.Security.Cryptography;
using Azure.Core.Pipeline;
using MailDepot.Events;
using MailDepot.Host.Smtp;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Functions.Tests;

/// <summary>A mail's path through the triggers, from each connector to its receipt, on the app's real services.</summary>
public sealed class JourneyTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_by_SMTP_is_archived_by_ArchiveMail()
    {
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync());
        await using var port = await SmtpPort.ListenAsync(app.Get<MailSpool>(), app.Get<IOptions<DepotOptions>>().Value);
        var mail = A.Mail().Bytes();
        await SmtpClient.SendAsync(
            "127.0.0.1", new Uri(port.Urls.Single()).Port, "anna@example.com", [TestApp.Office], new MemoryStream(mail), Token);

        Assert.Equal(1, await app.DrainAsync(nameof(Triggers.ArchiveMail)));
        var receipt = await ReceiptOfOnlyAsync(app);
        Assert.Equal(mail, await app.RawAsync(receipt));
        Assert.Equal("anna@example.com", Assert.IsType<SmtpSource>(receipt.Source).From);
    }

    [Fact]
    public async Task A_mail_in_a_mailbox_is_asked_for_by_PollPop3_collected_by_CollectMailbox_and_archived_by_ArchiveMail()
    {
        var mailbox = dovecot.NextMailbox();
        var mail = A.Mail().Bytes();
        mailbox.Put(mail);
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync(), mailbox.Settings());

        await app.TickAsync(nameof(Triggers.PollPop3));
        await app.TickAsync(nameof(Triggers.PollPop3)); // not due again yet
        Assert.Equal(1, await app.DrainAsync(nameof(Triggers.CollectMailbox)));
        Assert.Empty(mailbox.Mails);
        Assert.Equal(1, await app.DrainAsync(nameof(Triggers.ArchiveMail)));
        var receipt = await ReceiptOfOnlyAsync(app);
        Assert.Equal(mail, await app.RawAsync(receipt));
        Assert.Equal(DovecotMailbox.Name, Assert.IsType<Pop3Source>(receipt.Source).Mailbox);
    }

    [Fact]
    public async Task A_ticket_that_the_host_gave_up_on_is_put_back_by_RescuePoison_and_archived()
    {
        var lapse = new TimeLapse();
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync(), prepare: TestApp.With<HttpPipelinePolicy>(lapse));
        var ticket = await app.ReceiveAsync(A.Mail().Bytes());
        await PoisonAsync(app);

        Assert.Equal(1, await app.DrainAsync(nameof(Triggers.RescuePoison)));
        var putBack = lapse.Puts(QueueNames.Archive).Last();
        Assert.Equal((TimeSpan.FromMinutes(1), StorageLimits.NeverExpires), (putBack.Hidden, putBack.Lives));
        Assert.Equal(1, await app.DrainAsync(nameof(Triggers.ArchiveMail)));
        Assert.NotNull(await app.ReceiptAsync(ticket.Id));
    }

    [Fact]
    public async Task A_failure_is_logged_and_leaves_the_message_on_its_queue()
    {
        var fault = new FaultAt { AndAllLater = true, On = uri => uri.AbsolutePath.Contains("/documents/", StringComparison.Ordinal) };
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync(), prepare: TestApp.With<HttpPipelinePolicy>(fault));
        var ticket = await app.ReceiveAsync(A.Mail().Bytes());
        fault.Reset(1, afterIt: false);

        Assert.Equal(0, await app.DrainAsync(nameof(Triggers.ArchiveMail)));
        var failure = Assert.Single(app.Events, e => e.Kind is EventKind.Failed);
        Assert.Equal(ticket.Id, failure.Id);
        Assert.StartsWith("Not archived yet: ", failure.Text, StringComparison.Ordinal);
        Assert.Equal(1, (await app.Storage.ArchiveQueue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task Housekeeping_gives_a_forgotten_spool_blob_its_ticket()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync(), prepare: TestApp.With<TimeProvider>(clock));
        var ticket = await app.ReceiveAsync(A.Mail().Bytes().Concat(RandomNumberGenerator.GetBytes(100_000)).ToArray());
        await app.Storage.ArchiveQueue.ClearMessagesAsync(Token);
        clock.Advance(TimeSpan.FromMinutes(61));

        await app.TickAsync(nameof(Triggers.Housekeeping));
        Assert.Equal(
            "Housekeeping: one mail in the spool was put back on the queue.",
            Assert.Single(app.Events, e => e.Kind is EventKind.Tidied).Text);
        Assert.Equal(1, await app.DrainAsync(nameof(Triggers.ArchiveMail)));
        Assert.NotNull(await app.ReceiptAsync(ticket.Id));
    }

    private static async Task<Ledger.Receipt> ReceiptOfOnlyAsync(TestApp app)
    {
        var row = Assert.Single(await app.ReceiptRowsAsync());
        return await app.ReceiptAsync(TableKey.Id(row.RowKey)) ?? throw new InvalidOperationException("The row points to no receipt.");
    }

    /// <summary>What the Functions host does after the fifth attempt.</summary>
    private static async Task PoisonAsync(TestApp app)
    {
        var message = (await app.Storage.ArchiveQueue.ReceiveMessageAsync(cancellationToken: Token)).Value;
        await app.Storage.ArchivePoison.SendMessageAsync(message.Body, timeToLive: TimeSpan.FromDays(7), cancellationToken: Token);
        await app.Storage.ArchiveQueue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
    }
}
