using System.Text;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Tests.Archive;

/// <summary>Bad input is never lost, never blocks what follows, and leaves a sentence that says what happened.</summary>
public sealed class BadTicketTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_mail_is_archived_as_received()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var receipt = await depot.KeepAsync([]);
        Assert.Empty(await depot.RawAsync(receipt));
        Assert.Contains(ReceiptFlag.Unparsed, receipt.Flags);
        Assert.NotNull(receipt.Doubt);
        var stored = await depot.Storage.Archive(TestDepot.Container).GetBlobClient(receipt.Document.Path).DownloadContentAsync(Token);
        Assert.Equal(Gzip.Empty.ToArray(), stored.Value.Content.ToArray()); // which gunzip turns into an empty file
    }

    [Theory]
    [InlineData(100)]
    [InlineData(5_000_000)]
    public async Task A_mail_of_NUL_bytes_is_archived_as_received(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        Assert.Equal(new byte[size], await depot.RawAsync(await depot.KeepAsync(new byte[size])));
    }

    [Fact]
    public async Task A_truncated_report_is_kept_whole_and_its_recipients_are_still_found()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var report = A.JournalReport().Sender("anna@example.com").Bcc("boss@example.com").Around(A.Mail()).Bytes();
        var cut = report[..^60];
        var receipt = await depot.KeepAsync(cut, TestDepot.Journal);

        Assert.Equal(cut, await depot.RawAsync(receipt));
        Assert.Equal(cut, await depot.DocumentAsync(receipt));
        Assert.Contains(ReceiptFlag.JournalUncertain, receipt.Flags);
        Assert.NotNull(receipt.Doubt);
        Assert.Single((await depot.Get<IndexReader>().ListParticipantAsync("boss@example.com", null, 10, null, Token)).Mails);
    }

    [Fact]
    public async Task Garbage_on_the_queue_goes_to_quarantine_unchanged()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var garbage = "this is no ticket\nat all"u8.ToArray();
        await depot.Archiver.ArchiveAsync(garbage, Token);
        var (reason, sentence, content) = await depot.QuarantinedAsync();
        Assert.Equal(nameof(QuarantineReason.TicketUnreadable), reason);
        Assert.Equal(garbage, content);
        Assert.Contains("is not a ticket", sentence, StringComparison.Ordinal);
        Assert.Single(depot.Events, e => e.Kind is EventKind.Quarantined);
    }

    [Theory]
    [InlineData("""{"v":1,"spool":""}""")]
    [InlineData("""{"v":1,"spool":"../../secret"}""")]
    [InlineData("""{"v":1,"spool":"2026/11/23/019ab0dc-1201-7000-8000-000000000001"}""")]
    [InlineData("""{"v":1,"id":"ID","source":{PEER,"from":""},"received":"TIME","bytes":1,"sha256":"HASH"}""")]
    [InlineData("""{"v":1,"id":"ID","source":{PEER,"from":"","to":[null]},"received":"TIME","bytes":1,"sha256":"HASH"}""")]
    [InlineData("""{"v":1,"id":"ID","source":{PEER,"from":null,"to":["a@b"]},"received":"TIME","bytes":1,"sha256":"HASH"}""")]
    [InlineData("""{"v":1,"id":"ID","source":{PEER,"from":"","to":[]},"received":"TIME","bytes":1,"sha256":"HASH"}""")]
    [InlineData("""{"v":1,"id":"RANDOM","source":{PEER,"from":"","to":["a@b"]},"received":"TIME","bytes":1,"sha256":"HASH"}""")]
    [InlineData("""{"v":1,"id":"ID","source":{PEER,"from":"","to":["a@b"]},"received":"EARLIEST","bytes":1,"sha256":"HASH"}""")]
    [InlineData("""{"v":1,"id":"LAST","source":{PEER,"from":"","to":["a@b"]},"received":"LATEST","bytes":1,"sha256":"HASH"}""")]
    [InlineData("""{"v":1,"id":"ID","source":{PEER,"from":"","to":["a@b"]},"received":"TIME","bytes":1}""")]
    public async Task A_ticket_that_parses_but_is_not_one_of_ours_goes_to_quarantine(string line)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var ours = Tickets.For("x"u8.ToArray(), 1);
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["\"ID\""] = $"\"{ours.Id:D}\"",
            ["RANDOM"] = "0b9d3f52-6f0e-4c33-9a6e-0d6a3f0f5a11",
            ["LAST"] = "ffffffff-ffff-7fff-bfff-ffffffffffff",
            ["PEER"] = """
                "kind":"smtp","peer":"p","helo":"h"
                """,
            ["TIME"] = ours.Received.ToString("O"),
            ["EARLIEST"] = "0001-01-01T00:00:00Z",
            ["LATEST"] = "9999-12-31T23:59:59Z",
            ["HASH"] = ours.Sha256.ToString(),
        };
        var filled = values.Aggregate(line, (text, value) => text.Replace(value.Key, value.Value, StringComparison.Ordinal));
        await depot.Archiver.ArchiveAsync(Encoding.UTF8.GetBytes(filled), Token);
        Assert.Equal(nameof(QuarantineReason.TicketUnreadable), (await depot.QuarantinedAsync()).Reason);
    }

    [Fact]
    public async Task A_ticket_of_a_later_version_stays_on_the_queue()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var later = "{\"v\":2,\"id\":\"019ab0dc-1201-7000-8000-000000000001\"}\npayload"u8.ToArray();
        var waiting = await Assert.ThrowsAsync<NewerTicketException>(() => depot.Archiver.ArchiveAsync(later, Token));
        Assert.Contains("version 2", waiting.Message, StringComparison.Ordinal);
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
    }

    [Fact]
    public async Task A_mail_that_differs_from_the_accepted_one_goes_to_quarantine_with_both_hashes()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var (accepted, altered) = (A.Mail().Bytes(), A.Mail().Text("other").Bytes());
        var ticket = Tickets.For(accepted, 1);
        await depot.Archiver.ArchiveAsync(Tickets.Inline(ticket, altered), Token);

        var (reason, sentence, content) = await depot.QuarantinedAsync();
        Assert.Equal(nameof(QuarantineReason.HashMismatch), reason);
        Assert.Contains(Digest.Of(accepted).ToString(), sentence, StringComparison.Ordinal);
        Assert.Contains(Digest.Of(altered).ToString(), sentence, StringComparison.Ordinal);
        Assert.Equal(Tickets.Inline(ticket, altered), content);
        Assert.Empty(await depot.DocumentNamesAsync());
    }

    [Fact]
    public async Task A_payload_that_cannot_be_decompressed_goes_to_quarantine()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        byte[] message = [.. Tickets.For(A.Mail().Bytes(), 1).Line(), .. "not gzip"u8];
        await depot.Archiver.ArchiveAsync(message, Token);
        Assert.Equal(nameof(QuarantineReason.PayloadCorrupt), (await depot.QuarantinedAsync()).Reason);
    }

    [Fact]
    public async Task A_small_ticket_that_decompresses_to_gigabytes_is_stopped_early()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var bomb = Tickets.Gzip(new byte[40_000_000]);
        byte[] message = [.. Tickets.For(A.Mail().Bytes(), 1).Line(), .. bomb];
        var before = GC.GetTotalAllocatedBytes();
        await depot.Archiver.ArchiveAsync(message, Token);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 20_000_000);
        Assert.Equal(nameof(QuarantineReason.HashMismatch), (await depot.QuarantinedAsync()).Reason);
    }

    [Fact]
    public async Task A_spool_blob_altered_in_storage_is_moved_to_quarantine_whole()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        var ticket = Tickets.For(mail, 1);
        byte[] blob = [.. ticket.Line(), .. Tickets.Gzip("altered"u8.ToArray())];
        await depot.Storage.Spool.UploadBlobAsync(ticket.SpoolName, BinaryData.FromBytes(blob), Token);
        await depot.Archiver.ArchiveAsync(ticket.ToPointer(), Token);
        var (reason, _, content) = await depot.QuarantinedAsync();
        Assert.Equal(nameof(QuarantineReason.HashMismatch), reason);
        Assert.Equal(blob, content);
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Spool));
    }

    [Fact]
    public async Task A_missing_spool_blob_without_a_receipt_goes_to_quarantine()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var pointer = Tickets.For([], 1).ToPointer();
        await depot.Archiver.ArchiveAsync(pointer, Token);
        var (reason, sentence, content) = await depot.QuarantinedAsync();
        Assert.Equal(nameof(QuarantineReason.SpoolBlobGone), reason);
        Assert.Equal(pointer, content);
        Assert.Contains("is missing", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spool_blob_that_is_missing_because_its_mail_was_archived_does_no_harm()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = new byte[200_000];
        new Random(1).NextBytes(mail);
        var ticket = await depot.ReceiveAsync(mail);
        await depot.ArchiveAllAsync();
        await depot.Archiver.ArchiveAsync(ticket.ToPointer(), Token);
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
        Assert.Single(depot.Events, e => e.Kind is EventKind.Duplicate);
    }

    [Fact]
    public async Task Addresses_with_every_character_that_keys_forbid_can_be_found()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        string[] addresses =
        [
            "a/b@example.com", "a\\b@example.com", "a#b@example.com", "a?b@example.com", "a|b@example.com", "a~b@example.com",
            "a}b@example.com", "a%b@example.com", "a'b@example.com", "a b@example.com", "ä日@example.com", "tab\there@example.com",
            $"{new string('x', 2_000)}@example.com",
            "[EX:/O=EXAMPLE/OU=FIRST/CN=RECIPIENTS/CN=ANNA]",
        ];
        var report = A.JournalReport().Sender("anna@example.com");
        foreach (var address in addresses)
        {
            report.Bcc(address);
        }

        var receipt = await depot.KeepAsync(report.Around(A.Mail()).Bytes(), TestDepot.Journal);
        foreach (var address in receipt.Journal!.Recipients.Select(r => r.Address))
        {
            Assert.Single((await depot.Get<IndexReader>().ListParticipantAsync(address, null, 10, null, Token)).Mails);
        }

        Assert.Equal(addresses.Length, receipt.Journal.Recipients.Length);
    }

    [Fact]
    public async Task A_subject_too_long_for_a_row_is_truncated_in_the_list_and_complete_in_the_ledger()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var subject = string.Concat(Enumerable.Repeat("long ", 10_000)).TrimEnd();
        var receipt = await depot.KeepAsync(A.Mail().Subject(subject).Bytes());
        Assert.StartsWith("long long", receipt.Mail.Subject, StringComparison.Ordinal);
        var listed = Assert.Single((await depot.Get<IndexReader>().ListAsync(TestDepot.Container, 10, null, Token)).Mails);
        Assert.Equal(MailDepot.Storage.StorageLimits.ListTextLength, listed.Subject!.Length);
    }

    [Fact]
    public async Task Dates_that_tables_cannot_hold_do_not_stop_a_mail()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = Encoding.ASCII.GetBytes("Date: Mon, 1 Jan 0001 00:00:00 +0000\r\nSubject: old\r\n\r\nx\r\n");
        Assert.Equal(mail, await depot.RawAsync(await depot.KeepAsync(mail)));
    }
}
