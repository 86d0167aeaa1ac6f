using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Tests.Archive;

public sealed class ArchiverTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_is_a_document_that_anyone_can_open_and_reads_back_as_received()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Subject("Offer").Bytes();
        var receipt = await depot.KeepAsync(mail);

        var blob = depot.Storage.Archive(TestDepot.Container).GetBlobClient($"documents/{receipt.Received:yyyy-MM}/{Digest.Of(mail)}.eml");
        var properties = (await blob.GetPropertiesAsync(cancellationToken: Token)).Value;
        Assert.Equal(("message/rfc822", "gzip"), (properties.ContentType, properties.ContentEncoding));
        Assert.Equal(mail, await depot.DocumentAsync(receipt));
        Assert.Equal(mail, await depot.RawAsync(receipt));
        Assert.Equal("Offer", receipt.Mail.Subject);
        Assert.Empty(await depot.QueueAsync());
    }

    [Fact]
    public async Task A_report_is_stored_as_the_mail_itself_and_reads_back_byte_for_byte()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Attachment("plan.pdf", "application/pdf", [1, 2, 3]).Bytes();
        var report = A.JournalReport().Sender("anna@example.com").To("ben@example.org")
            .Bcc("boss@example.com", expanded: "board@example.com").Around(mail).Bytes();
        var receipt = await depot.KeepAsync(report, TestDepot.Journal);

        Assert.Equal(mail, await depot.DocumentAsync(receipt));
        Assert.Equal(report, await depot.RawAsync(receipt));
        Assert.Equal(["ben@example.org", "boss@example.com"], receipt.Journal!.Recipients.Select(r => r.Address));
        Assert.Equal("plan.pdf", Assert.Single(receipt.Mail.Attachments).Name);
        Assert.Empty(receipt.Flags);
    }

    [Fact]
    public async Task A_report_at_an_ordinary_address_is_an_ordinary_mail()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var report = A.JournalReport().Sender("anna@example.com").Bcc("victim@example.com").Around(A.Mail()).Bytes();
        var receipt = await depot.KeepAsync(report);
        Assert.Equal(report, await depot.DocumentAsync(receipt));
        Assert.Null(receipt.Journal);
        Assert.Empty(receipt.Flags);
    }

    [Fact]
    public async Task A_mail_at_a_journal_address_that_is_not_a_report_is_kept_and_flagged()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var receipt = await depot.KeepAsync(A.Mail().Bytes(), TestDepot.Journal);
        Assert.Equal([ReceiptFlag.NoReport], receipt.Flags);
    }

    [Fact]
    public async Task Same_mail_in_two_reports_is_one_document_with_both_recipients()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        var one = await depot.KeepAsync(
            A.JournalReport().Id("1@journal").Sender("anna@example.com").To("ben@example.org").Around(mail).Bytes(), TestDepot.Journal);
        var other = await depot.KeepAsync(
            A.JournalReport().Id("2@journal").Sender("anna@example.com").Bcc("carl@example.net").Around(mail).Bytes(), TestDepot.Journal);

        Assert.Single(await depot.DocumentNamesAsync());
        Assert.Equal((true, one.Id), (one.First, other.DocumentFirst));
        var listed = Assert.Single((await depot.Get<IndexReader>().ListAsync(null, 10, null, Token)).Mails);
        Assert.Equal(
            (one.Id, 2, "ben@example.org", "carl@example.net"), (listed.Id, listed.Receipts, listed.Recipients, listed.HiddenRecipients));
        Assert.Equal([one.Id, other.Id], await depot.Get<IndexReader>().ReceiptsOfDocumentAsync(other, Token));
        Assert.Equal(
            other.Id,
            Assert.Single((await depot.Get<IndexReader>().ListParticipantAsync("Carl@example.NET", null, 10, null, Token)).Mails).Id);
        Assert.Equal(
            one.Id,
            Assert.Single((await depot.Get<IndexReader>().ListParticipantAsync("anna@example.com", null, 10, null, Token)).Mails).Id);
    }

    [Fact]
    public async Task A_repeated_delivery_is_counted_once_and_logged()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var report = A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(A.Mail()).Bytes();
        var first = await depot.KeepAsync(report, TestDepot.Journal);
        var again = await depot.ReceiveAsync(report, TestDepot.Journal);
        await depot.ArchiveAllAsync();

        Assert.Null(await depot.Reader.FindAsync(again.Id, Token));
        var logged = Assert.Single(depot.Events, e => e.Kind is EventKind.Duplicate);
        Assert.Equal(again.Id, logged.Id);
        Assert.Contains(first.Id.ToString("D"), logged.Text, StringComparison.Ordinal);
        Assert.Single(await depot.LedgerAsync());
    }

    [Fact]
    public async Task A_third_delivery_finds_the_receipt_of_the_second()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        await depot.KeepAsync(mail, "one@example.com");
        var second = await depot.KeepAsync(mail, "two@example.com");
        await depot.ReceiveAsync(mail, "TWO@example.com");
        await depot.ArchiveAllAsync();

        Assert.Contains(
            second.Id.ToString("D"), Assert.Single(depot.Events, e => e.Kind is EventKind.Duplicate).Text, StringComparison.Ordinal);
        Assert.Equal(2, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
    }

    [Fact]
    public async Task A_large_report_passes_through_the_spool_and_leaves_nothing_there()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var attachment = new byte[9_000_000];
        new Random(1).NextBytes(attachment);
        var mail = A.Mail().Attachment("film.bin", "application/octet-stream", attachment).Bytes();
        var report = A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(mail).Bytes();
        var receipt = await depot.KeepAsync(report, TestDepot.Journal);

        Assert.Equal(report, await depot.RawAsync(receipt));
        Assert.Equal(Digest.Of(attachment), Assert.Single(receipt.Mail.Attachments).Sha256);
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Spool));
    }

    [Fact]
    public async Task The_ledger_line_is_enough_to_recreate_every_row()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.KeepAsync(
            A.JournalReport().Sender("anna@example.com").To("ben@example.org").Cc("list@example.org").Around(A.Mail()).Bytes(),
            TestDepot.Journal);
        var fromLedger = Assert.Single(await depot.LedgerAsync());

        var row = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Receipts));
        var place = new LedgerPlace(row.GetString("LedgerBlob"), row.GetInt64("LedgerOffset")!.Value, row.GetInt32("LedgerLength")!.Value);
        Assert.Equal(Columns(row), Columns(IndexRows.Receipt(fromLedger, place)));
        Assert.Equal(
            (await TestDepot.RowsAsync(depot.Storage.Participants)).Select(Columns).Order(StringComparer.Ordinal),
            IndexRows.Participants(fromLedger).Select(Columns).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_repeated_delivery_waits_while_the_first_is_incomplete()
    {
        var fault = new FaultAt();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        var mail = A.Mail().Bytes();
        var half = Tickets.For(mail, 1);
        var again = Tickets.Inline(Tickets.For(mail, 2), mail);
        fault.Reset(2, afterIt: false);
        fault.AndAllLater = true;
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => depot.Archiver.ArchiveAsync(Tickets.Inline(half, mail), Token));
        fault.Reset(0, afterIt: false);

        var waiting = await Assert.ThrowsAsync<MailDepot.Spool.NotYetException>(() => depot.Archiver.ArchiveAsync(again, Token));
        Assert.Contains(half.Id.ToString("D"), waiting.Message, StringComparison.Ordinal);
        await depot.Archiver.ArchiveAsync(Tickets.Inline(half, mail), Token);
        await depot.Archiver.ArchiveAsync(again, Token);
        Assert.Single(await TestDepot.RowsAsync(depot.Storage.Receipts));
    }

    private static string Columns(Azure.Data.Tables.TableEntity row) => string.Join('\n', row
        .Where(column => column is { Key: not ("odata.etag" or "Timestamp"), Value: not null })
        .OrderBy(column => column.Key, StringComparer.Ordinal)
        .Select(column => $"{column.Key}={(column.Value is DateTimeOffset time ? time.ToUniversalTime().ToString("O") : column.Value)}"));
}
