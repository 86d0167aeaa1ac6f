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

/// <summary>What an archive really holds, read by the library beside the running command.</summary>
public sealed class Archived : IAsyncDisposable
{
    private readonly ServiceProvider services;

    public Archived(string workStorage) => services = new ServiceCollection().AddLogging().AddReaders(new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["MailDepot:WorkStorage"] = workStorage })
        .Build()).AddConnectors().AddArchiver().BuildServiceProvider();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Waits until nothing is on the queue any more, hidden messages included; however long that takes, as long as it gets shorter.</summary>
    public async Task UntilQueueIsEmptyAsync()
    {
        for (var left = await DepthAsync(); left > 0; left = await DepthAsync())
        {
            await Eventually.IsTrueAsync(async () => await DepthAsync() < left, "the queue gets shorter");
        }

        async Task<int> DepthAsync() => (await services.GetRequiredService<DepotStorage>().ArchiveQueue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount;
    }

    /// <summary>Asks for a poll, unless one was asked for and not begun; a storage that is away is asked again by who waits.</summary>
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
            // it is away on purpose
        }
    }

    /// <summary>These mails and no others have a receipt in the ledger, a row and a document, each one; quarantine is empty.</summary>
    public async Task ListsExactlyAsync(IReadOnlyList<byte[]> mails)
    {
        var storage = services.GetRequiredService<DepotStorage>();
        Assert.Empty(await storage.Quarantine.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token));
        var expected = mails.Select(mail => $"{Digest.Of(mail)}").Order(StringComparer.Ordinal).ToList();
        var receipts = await ReceiptsAsync();
        Assert.Equal(expected, receipts.Select(receipt => $"{receipt.RawSha256}").Order(StringComparer.Ordinal));
        Assert.Equal(mails.Count, await storage.Receipts.QueryAsync<TableEntity>(select: ["RowKey"], cancellationToken: Token).CountAsync(Token));
        Assert.Equal(mails.Count, await storage.Archive("default").GetBlobsAsync(new() { Prefix = "documents/" }, Token).CountAsync(Token));
    }

    /// <summary>The octets as received, once the mail is archived.</summary>
    public async Task<byte[]> RawAsync(Guid id)
    {
        var reader = services.GetRequiredService<ArchiveReader>();
        Receipt? receipt = null;
        await Eventually.IsTrueAsync(async () => (receipt = await reader.FindAsync(id, Token)) is not null, $"{id} is archived");
        using var raw = new MemoryStream();
        await reader.WriteRawAsync(receipt!, raw, Token);
        return raw.ToArray();
    }

    /// <summary>Every mail of the promise has its receipt, once, and comes back bit for bit.</summary>
    public async Task HoldsOnceBitForBitAsync(IReadOnlyDictionary<Guid, byte[]> promised)
    {
        var reader = services.GetRequiredService<ArchiveReader>();
        await Parallel.ForEachAsync(promised, Token, async (mail, token) =>
        {
            var receipt = await reader.FindAsync(mail.Key, token);
            Assert.True(receipt is not null, $"{mail.Key} was accepted and is not archived.");
            using var raw = new MemoryStream();
            await reader.WriteRawAsync(receipt, raw, token);
            Assert.True(raw.GetBuffer().AsSpan(0, (int)raw.Length).SequenceEqual(mail.Value), $"{mail.Key} does not come back bit for bit.");
        });
        var ids = await ReceiptsAsync();
        Assert.Equal(ids.Count, ids.Select(receipt => receipt.RawSha256).Distinct().Count());
    }

    /// <summary>These mails and no others have a receipt, each one, and come back bit for bit; quarantine is empty.</summary>
    public async Task HoldsExactlyAsync(IReadOnlyList<byte[]> mails)
    {
        Assert.Empty(await services.GetRequiredService<DepotStorage>().Quarantine.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token));
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
        var rows = services.GetRequiredService<DepotStorage>().Participants.QueryAsync<TableEntity>(row => row.RowKey == TableKey.NewestFirst(receipt), cancellationToken: Token);
        return await rows.Select(row => row.PartitionKey.Split('|')[1]).ToListAsync(Token);
    }

    /// <summary>Puts a mail into quarantine that was accepted and then did not succeed for a day; returns its ticket's id.</summary>
    public async Task<Guid> HoldAsync(byte[] mail, string why)
    {
        var now = TimeProvider.System.GetUtcNow();
        var ticket = new Ticket(Guid.CreateVersion7(now), new SmtpSource("192.0.2.7", "mx.example.org", "", ["someone@example.com"]), now, mail.Length, Digest.Of(mail));
        using var message = new MemoryStream();
        message.Write(ticket.Line());
        await using (var gzip = new GZipStream(message, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(mail, Token);
        }

        var payload = await TicketPayload.ReadAsync(message.ToArray(), services.GetRequiredService<DepotStorage>(), Token);
        await services.GetRequiredService<Quarantine>().PutAsync(message.ToArray(), payload, new UnarchivableException(QuarantineReason.NeverSucceeded, why), Token);
        return ticket.Id;
    }

    /// <summary>Mails of a mailbox that are known to be durable and may still be in it.</summary>
    public async Task<int> CollectedUidlsAsync(string mailbox) => (await services.GetRequiredService<CollectedUidls>().ReadAsync(mailbox, Token)).DurableCount;

    /// <summary>All receipts of the ledger, each id once.</summary>
    public async Task<IReadOnlyList<Receipt>> ReceiptsAsync() =>
        (await services.GetRequiredService<ReceiptLedger>().ReadAllAsync("default", Token).ToListAsync(Token)).DistinctBy(receipt => receipt.Id).ToList();

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
