using System.IO.Compression;
using Azure.Data.Tables;
using MailDepot.Archive;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot.EndToEnd;

/// <summary>What an archive really holds. The library reads it while the command runs.</summary>
public sealed class Archived : IAsyncDisposable
{
    private readonly ServiceProvider services;

    public Archived(string workStorage) => services = new ServiceCollection().AddLogging().AddReaders(new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["MailDepot:WorkStorage"] = workStorage })
        .Build()).AddConnectors().AddArchiver().BuildServiceProvider();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Waits until the queue is empty, hidden messages included. There is no time limit while the queue shrinks.</summary>
    public async Task UntilQueueIsEmptyAsync()
    {
        for (var left = await DepthAsync(); left > 0; left = await DepthAsync())
        {
            await Eventually.IsTrueAsync(async () => await DepthAsync() < left, "the queue gets shorter");
        }

        async Task<int> DepthAsync()
        {
            var queue = services.GetRequiredService<DepotStorage>().ArchiveQueue;
            return (await queue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount;
        }
    }

    /// <summary>Asks for a poll unless one is queued already. If storage is down, the caller tries again.</summary>
    public async Task AskForPollAsync(string mailbox)
    {
        try
        {
            var queue = services.GetRequiredService<DepotStorage>().Pop3Queue;
            if ((await queue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount == 0)
            {
                await queue.SendMessageAsync($$"""{"v":1,"mailbox":"{{mailbox}}","now":true}""", Token);
            }
        }
        catch (Exception e) when (e is Azure.RequestFailedException or AggregateException)
        {
            // storage is down on purpose
        }
    }

    /// <summary>Exactly these mails are in the ledger, each with one receipt, one row and one document; quarantine is empty.</summary>
    public async Task ListsExactlyAsync(IReadOnlyList<byte[]> mails)
    {
        var storage = services.GetRequiredService<DepotStorage>();
        Assert.Empty(await storage.Quarantine.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token));
        var expected = mails.Select(mail => $"{Digest.Of(mail)}").Order(StringComparer.Ordinal).ToList();
        var receipts = await ReceiptsAsync();
        Assert.Equal(expected, receipts.Select(receipt => $"{receipt.RawSha256}").Order(StringComparer.Ordinal));
        var rows = storage.Receipts.QueryAsync<TableEntity>(select: ["RowKey"], cancellationToken: Token);
        Assert.Equal(mails.Count, await rows.CountAsync(Token));
        var documents = storage.Archive("default").GetBlobsAsync(new() { Prefix = "documents/" }, Token);
        Assert.Equal(mails.Count, await documents.CountAsync(Token));
    }

    /// <summary>The bytes as received, once the mail is archived.</summary>
    public async Task<byte[]> RawAsync(Guid id)
    {
        var reader = services.GetRequiredService<ArchiveReader>();
        Receipt? receipt = null;
        await Eventually.IsTrueAsync(async () => (receipt = await reader.FindAsync(id, Token)) is not null, $"{id} is archived");
        using var raw = new MemoryStream();
        await reader.WriteRawAsync(receipt!, raw, Token);
        return raw.ToArray();
    }

    /// <summary>Every promised mail has one receipt and comes back bit for bit.</summary>
    public async Task HoldsOnceBitForBitAsync(IReadOnlyDictionary<Guid, byte[]> promised)
    {
        var reader = services.GetRequiredService<ArchiveReader>();
        await Parallel.ForEachAsync(promised, Token, async (mail, token) =>
        {
            var receipt = await reader.FindAsync(mail.Key, token);
            Assert.True(receipt is not null, $"{mail.Key} was accepted but is not archived.");
            using var raw = new MemoryStream();
            await reader.WriteRawAsync(receipt, raw, token);
            Assert.True(
                raw.GetBuffer().AsSpan(0, (int)raw.Length).SequenceEqual(mail.Value),
                $"{mail.Key} does not come back bit for bit.");
        });
        var ids = await ReceiptsAsync();
        Assert.Equal(ids.Count, ids.Select(receipt => receipt.RawSha256).Distinct().Count());
    }

    /// <summary>Exactly these mails have a receipt, one each, and come back bit for bit; quarantine is empty.</summary>
    public async Task HoldsExactlyAsync(IReadOnlyList<byte[]> mails)
    {
        var storage = services.GetRequiredService<DepotStorage>();
        Assert.Empty(await storage.Quarantine.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token));
        var receipts = await ReceiptsAsync();
        Assert.Equal(
            mails.Select(mail => $"{Digest.Of(mail)}").Order(StringComparer.Ordinal),
            receipts.Select(receipt => $"{receipt.RawSha256}").Order(StringComparer.Ordinal));
        var byDigest = mails.ToDictionary(mail => Digest.Of(mail));
        await HoldsOnceBitForBitAsync(receipts.ToDictionary(receipt => receipt.Id, receipt => byDigest[receipt.RawSha256]));
    }

    /// <summary>The addresses under which a receipt is listed.</summary>
    public async Task<IReadOnlyList<string>> ParticipantsAsync(Guid receipt)
    {
        var rows = services.GetRequiredService<DepotStorage>().Participants
            .QueryAsync<TableEntity>(row => row.RowKey == TableKey.NewestFirst(receipt), cancellationToken: Token);
        return await rows.Select(row => row.PartitionKey.Split('|')[1]).ToListAsync(Token);
    }

    /// <summary>Quarantines a mail as if it had been accepted and then failed for a day; returns its ticket's id.</summary>
    public async Task<Guid> HoldAsync(byte[] mail, string why)
    {
        var now = TimeProvider.System.GetUtcNow();
        var source = new SmtpSource("192.0.2.7", "mx.example.org", "", ["someone@example.com"]);
        var ticket = new Ticket(Guid.CreateVersion7(now), source, now, mail.Length, Digest.Of(mail));
        using var message = new MemoryStream();
        message.Write(ticket.Line());
        await using (var gzip = new GZipStream(message, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(mail, Token);
        }

        var payload = await TicketPayload.ReadAsync(message.ToArray(), services.GetRequiredService<DepotStorage>(), Token);
        var failure = new UnarchivableException(QuarantineReason.NeverSucceeded, why);
        await services.GetRequiredService<Quarantine>().PutAsync(message.ToArray(), payload, failure, Token);
        return ticket.Id;
    }

    /// <summary>How many mails of a mailbox are known to be durable; the mailbox may still hold them.</summary>
    public async Task<int> CollectedUidlsAsync(string mailbox) =>
        (await services.GetRequiredService<CollectedUidls>().ReadAsync(mailbox, Token)).DurableCount;

    /// <summary>All receipts of the ledger, each id once.</summary>
    public async Task<IReadOnlyList<Receipt>> ReceiptsAsync()
    {
        var receipts = await services.GetRequiredService<ReceiptLedger>().ReadAllAsync("default", Token).ToListAsync(Token);
        return receipts.DistinctBy(receipt => receipt.Id).ToList();
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
