using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Pop3;

/// <summary>The table <c>Uidls</c>: which mails were collected and may still be in their mailbox, and which could not be.</summary>
/// <remarks>
/// Durable mails are in pages of some hundred, refused ones in a row each, which is written again each time. A page is
/// written after its mails are durable and before their DELEs. What it tells of a mail goes only when a later listing no
/// longer has it, so a session that broke before its QUIT never makes a mail come twice. Every call may be repeated.
/// A mail without a UIDL is known by the SHA-256 of its octets, and is read again before it is deleted unseen; that it was
/// refused is known of its size alone, so it is asked for last, and never skipped.
/// </remarks>
public sealed class CollectedUidls(DepotStorage storage)
{
    private const string Mails = "Mails", Bytes = "Bytes", Times = "Times";

    /// <summary>What the table tells of a mailbox.</summary>
    public async Task<KnownMails> ReadAsync(string mailbox, CancellationToken ct)
    {
        var known = new KnownMails();
        var partition = TableKey.Escape(mailbox);
        await foreach (var row in storage.Uidls.QueryAsync<TableEntity>(row => row.PartitionKey == partition, select: ["RowKey", Mails, Bytes, Times], cancellationToken: ct))
        {
            if (row.GetBinary(Mails) is { } content)
            {
                known.Add([UidlPage.Read(row.RowKey, content)], []);
            }
            else
            {
                known.Add([], [new RefusedMail(row.RowKey, row.GetInt64(Bytes) ?? 0, row.GetInt32(Times) ?? 0)]);
            }
        }

        return known;
    }

    /// <summary>Writes what is known of mails.</summary>
    public Task PutAsync(string mailbox, IEnumerable<UidlPage> pages, IEnumerable<RefusedMail> refused, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        var rows = pages.Select(page => new TableEntity(partition, page.Key) { [Mails] = page.Content.ToArray() })
            .Concat(refused.Select(mail => new TableEntity(partition, mail.Key) { [Bytes] = mail.Bytes, [Times] = mail.Times }));
        return SubmitAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), ct);
    }

    /// <summary>The mailbox has these mails and no others: what the table tells of others goes.</summary>
    public async Task KeepAsync(string mailbox, KnownMails known, IReadOnlyCollection<ListedMails> listed, CancellationToken ct)
    {
        var changes = known.Against(listed);
        if (!changes.AreNone)
        {
            await PutAsync(mailbox, changes.Put, [], ct); // first: a crash between leaves a page too many, never a mail that is not known
            await DeleteAsync(mailbox, changes.Gone, ct);
            known.Apply(changes);
        }
    }

    /// <summary>The mailbox is another account's from now on, or nobody's.</summary>
    public async Task ForgetAsync(string mailbox, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        await DeleteAsync(mailbox, await storage.Uidls.QueryAsync<TableEntity>(row => row.PartitionKey == partition, select: ["RowKey"], cancellationToken: ct).Select(row => row.RowKey).ToListAsync(ct), ct);
    }

    private async Task DeleteAsync(string mailbox, IEnumerable<string> keys, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        foreach (var some in keys.Chunk(StorageLimits.TransactionRows))
        {
            try
            {
                await SubmitAsync(some.Select(key => new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(partition, key))), ct);
            }
            catch (TableTransactionFailedException e) when (e.Status == 404)
            {
                foreach (var key in some) // another visitor forgot some of them meanwhile, and by itself a row that is gone is no error
                {
                    await storage.Uidls.DeleteEntityAsync(partition, key, cancellationToken: ct);
                }
            }
        }
    }

    private async Task SubmitAsync(IEnumerable<TableTransactionAction> actions, CancellationToken ct)
    {
        foreach (var transaction in actions.Chunk(StorageLimits.TransactionRows))
        {
            await storage.Uidls.SubmitTransactionAsync(transaction, ct);
        }
    }
}
