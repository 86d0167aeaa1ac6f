using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using MailDepot.Mail;
using MailDepot.Smtp;
using MailDepot.Spool;

namespace MailDepot.Tests.Archive;

/// <summary>Sends every mail of the corpus the way a real one goes: SMTP, spool, queue, archive.</summary>
public sealed class CorpusJourneyTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ParallelOptions Parallelism => new() { MaxDegreeOfParallelism = 16, CancellationToken = Token };

    [Fact]
    public async Task Every_mail_plain_and_in_a_report_reads_back_byte_for_byte()
    {
        var corpus = Corpus.Mails();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var plain = corpus.Select(mail => (Journal: false, Raw: mail.Bytes, Document: mail.Bytes));
        var wrapped = corpus.Select((mail, n) => (
            Journal: true,
            Raw: A.JournalReport().Id($"{n}@journal").Sender("anna@example.com").To("ben@example.org").Around(mail.Bytes).Bytes(),
            Document: mail.Bytes));
        var sent = plain.Concat(wrapped).ToList();
        var tickets = await SendAsync(depot, sent.Select(one => (one.Raw, one.Journal ? TestDepot.Journal : TestDepot.Office)).ToList());
        await ArchiveAllAsync(depot);

        var receipts = (await depot.LedgerAsync()).ToDictionary(receipt => receipt.Id);
        var different = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(sent.Zip(tickets), Parallelism, async (one, _) =>
        {
            var receipt = receipts[one.Second];
            if ((receipt.Wrapper is null) == one.First.Journal
                || receipt.Document.Sha256 != Digest.Of(one.First.Document)
                || Digest.Of(await depot.RawAsync(receipt)) != Digest.Of(one.First.Raw))
            {
                var name = corpus.First(mail => mail.Bytes == one.First.Document).Name;
                different.Add($"{name} {(one.First.Journal ? "in a report" : "plain")}: {receipt.Doubt}");
            }
        });
        Assert.Equal("", string.Join('\n', different));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
        Assert.Equal(corpus.DistinctBy(mail => mail.Sha256, StringComparer.Ordinal).Count(), (await depot.DocumentNamesAsync()).Count);
    }

    /// <summary>One connection with CHUNKING (RFC 3030), which accepts any bytes.</summary>
    private static async Task<List<Guid>> SendAsync(TestDepot depot, List<(byte[] Raw, string Recipient)> mails)
    {
        var tickets = new List<Guid>();
        var stage = new SmtpStage
        {
            Deciding = () => static (address, _, _) =>
                RecipientDecision.Accept(new Destination(TestDepot.Container, address == TestDepot.Journal)),
            OnMail = async (_, source, mail, ct) => tickets.Add((await depot.Get<MailSpool>().AcceptAsync(source, mail, ct)).Id),
        };
        var call = stage.Call();
        await call.SendAsync(SmtpStage.Ehlo);
        foreach (var (raw, recipient) in mails)
        {
            var commands = string.Create(
                CultureInfo.InvariantCulture, $"MAIL FROM:<>\r\nRCPT TO:<{recipient}>\r\nBDAT {raw.Length} LAST\r\n");
            Assert.True(await call.SendAsync([.. Encoding.ASCII.GetBytes(commands), .. raw]));
        }

        await call.SendAsync("QUIT\r\n");
        var played = await call.EndAsync();
        Assert.True(tickets.Count == mails.Count, played.Text[^Math.Min(played.Text.Length, 500)..]);
        return tickets;
    }

    private static async Task ArchiveAllAsync(TestDepot depot)
    {
        while (await depot.Storage.ArchiveQueue.ReceiveMessagesAsync(32, cancellationToken: Token) is { Value: { Length: > 0 } messages })
        {
            await Parallel.ForEachAsync(messages, Parallelism, async (message, _) =>
            {
                await depot.Archiver.ArchiveAsync(message.Body.ToMemory(), Token);
                await depot.Storage.ArchiveQueue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
            });
        }
    }
}
