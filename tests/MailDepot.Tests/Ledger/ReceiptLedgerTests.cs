using System.Text;
using MailDepot.Documents;
using MailDepot.Ledger;
using MailDepot.Mail;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Ledger;

public sealed class ReceiptLedgerTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lines_written_together_share_appends_and_are_read_back_from_their_places()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var ledger = depot.Get<ReceiptLedger>();
        var receipts = Enumerable.Range(1, 40).Select(Receipt).ToList();
        var places = await Task.WhenAll(receipts.Select(receipt => ledger.AppendAsync(receipt, Token)));

        foreach (var (receipt, place) in receipts.Zip(places))
        {
            Assert.Equal(LedgerLine.Write(receipt), LedgerLine.Write(await ledger.ReadAsync(TestDepot.Container, place, Token)));
        }

        Assert.Equal(receipts.Select(r => r.Id), (await depot.LedgerAsync()).Select(r => r.Id));
        Assert.InRange(depot.Get<MailDepot.Storage.RequestCounter>().Requests["blob append"], 1, 20);
    }

    [Fact]
    public void A_line_older_than_flags_and_inner_messages_can_be_read_and_new_facts_read_back()
    {
        var receipt = Receipt(1) with { Mail = new MailFacts { Subject = "old" } };
        var line = Encoding.UTF8.GetString(LedgerLine.Write(receipt));
        var old = line
            .Replace(",\"replyTo\":[]", "", StringComparison.Ordinal)
            .Replace(",\"messages\":[],\"flags\":[]}", "}", StringComparison.Ordinal);
        Assert.True(old.Length < line.Length - 30, line);
        Assert.Equal(line, Encoding.UTF8.GetString(LedgerLine.Write(LedgerLine.Read(Encoding.UTF8.GetBytes(old)))));

        var facts = new MailFacts
        {
            Sender = new EmailAddress("anna@example.com"),
            DateText = "yesterday",
            Flags = [MailFlag.DateUnreadable, MailFlag.SmimeSigned],
            Attachments = [new Attachment("a.pdf", "application/pdf", 1, null) { FoundType = "image/png", UnpackedFrom = "winmail.dat" }],
            Messages = [new MessageInside(1, new MailFacts { Subject = "inside", ReplyTo = [new EmailAddress("ben@example.org", "Ben")] })],
        };
        var written = LedgerLine.Write(receipt with { Mail = facts });
        Assert.Contains("\"flags\":[\"date-unreadable\",\"smime-signed\"]", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
        Assert.Equal(written, LedgerLine.Write(LedgerLine.Read(written)));
    }

    [Fact]
    public async Task Each_hour_has_a_file_of_its_own()
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);
        var noon = await depot.Get<ReceiptLedger>().AppendAsync(Receipt(1), Token);
        clock.Advance(TimeSpan.FromHours(1));
        var one = await depot.Get<ReceiptLedger>().AppendAsync(Receipt(2), Token);
        Assert.StartsWith("ledger/2026/11/23/12/", noon.Blob, StringComparison.Ordinal);
        Assert.StartsWith("ledger/2026/11/23/13/", one.Blob, StringComparison.Ordinal);
        Assert.Equal(0, one.Offset);
    }

    [Fact]
    public async Task After_a_failed_append_the_ledger_continues_in_the_next_file()
    {
        var fault = new FaultAt();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        var ledger = depot.Get<ReceiptLedger>();
        var before = await ledger.AppendAsync(Receipt(1), Token);
        fault.Reset(1, afterIt: true);
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => ledger.AppendAsync(Receipt(2), Token));
        fault.Stop();
        var after = await ledger.AppendAsync(Receipt(2), Token);

        Assert.EndsWith("-0000.jsonl", before.Blob, StringComparison.Ordinal);
        Assert.EndsWith("-0001.jsonl", after.Blob, StringComparison.Ordinal);
        Assert.Equal([Tickets.Id(1), Tickets.Id(2), Tickets.Id(2)], (await depot.LedgerAsync()).Select(r => r.Id));
    }

    [Fact]
    public async Task A_full_file_is_followed_by_the_next()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var ledger = new ReceiptLedger(depot.Storage, TimeProvider.System, appendsPerFile: 2);
        var places = new List<LedgerPlace>();
        for (var i = 1; i <= 5; i++)
        {
            places.Add(await ledger.AppendAsync(Receipt(i), Token));
        }

        Assert.Equal(3, places.Select(place => place.Blob).Distinct().Count());
        Assert.Equal(5, (await depot.LedgerAsync()).Count);
    }

    [Fact]
    public void An_error_says_that_a_line_is_not_a_receipt() => Assert.Contains(
        "not a receipt", Assert.Throws<InvalidDataException>(() => LedgerLine.Read("{\"v\":1"u8)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_wrapper_decompresses_to_the_same_head_and_tail()
    {
        var (head, tail) = Wrapper.Pack("head"u8.ToArray(), "the tail"u8.ToArray()).Unpack();
        Assert.Equal("head"u8.ToArray(), head.ToArray());
        Assert.Equal("the tail"u8.ToArray(), tail.ToArray());
    }

    private static Receipt Receipt(int number) => new()
    {
        Id = Tickets.Id(number),
        Container = TestDepot.Container,
        DeliveryKey = Digest.Of([(byte)number]),
        Received = Tickets.Noon,
        Source = TestDepot.To(TestDepot.Office),
        RawBytes = number,
        RawSha256 = Digest.Of([1]),
        Document = new DocumentPlace($"documents/2026-11/{number}.eml", Digest.Of([1]), number),
        DocumentFirst = Tickets.Id(number),
        Mail = new MailFacts { Subject = "Grüße, 世界 👋", From = [new EmailAddress("anna@example.com", "Anna")] },
    };
}
