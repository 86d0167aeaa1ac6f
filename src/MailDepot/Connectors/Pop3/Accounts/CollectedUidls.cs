using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>The table <c>Uidls</c>: which mails were collected and may still be in their mailbox, and which could not be.</summary>
/// <remarks>
/// Durable mails are in pages of some hundred, refused ones in a row each, which is written again each time. A page is
/// written after its mails are durable and before their DELEs. What it tells of a mail goes only when a later listing no
/// longer has it, so a session that broke before its QUIT never makes a mail come twice. Every call may be repeated.
/// A mail without a UIDL is known by the SHA-256 of its octets, and is read again before it is deleted unseen; that it was
/// refused is known of its size alone, so it is asked for last, and never skipped.
/// </remarks>
public sealed class CollectedUidls(DepotStorage storage, TimeProvider clock)
{
    private const string Mails = "Mails", Since = "Since", Bytes = "Bytes", Times = "Times", Substitute = "Substitute";

    /// <summary>What the table tells of a mailbox. Mails of which it has no time are ours since now; <see cref="KeepAsync"/> writes that down.</summary>
    public async Task<KnownMails> ReadAsync(string mailbox, CancellationToken ct)
    {
        var known = new KnownMails();
        var partition = TableKey.Escape(mailbox);
        await foreach (var row in storage.Uidls.QueryAsync<TableEntity>(
            row => row.PartitionKey == partition, select: ["RowKey", Mails, Since, Bytes, Times, Substitute], cancellationToken: ct))
        {
            if (row.GetBinary(Mails) is { } content)
            {
                known.Add([UidlPage.Read(row.RowKey, content, row.GetBinary(Since), clock.GetUtcNow())], []);
            }
            else
            {
                var substitute = row.GetBinary(Substitute) is { } hash ? Digest.FromHash(hash) : (Digest?)null;
                known.Add([], [new RefusedMail(row.RowKey, row.GetInt64(Bytes) ?? 0, row.GetInt32(Times) ?? 0) { Substitute = substitute }]);
            }
        }

        return known;
    }

    /// <summary>Writes what is known of mails.</summary>
    public Task PutAsync(string mailbox, IEnumerable<UidlPage> pages, IEnumerable<RefusedMail> refused, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        return SubmitAsync(pages.Select(page => Put(partition, page)).Concat(refused.Select(mail => Put(Row(partition, mail)))), ct);
    }

    /// <summary>The mailbox has these mails and no others: what the table tells of others goes.</summary>
    public async Task KeepAsync(string mailbox, KnownMails known, IReadOnlyCollection<MailListing> listed, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        var changes = known.Against(listed);
        foreach (var (put, gone) in changes)
        {
            await AllOrNoneAsync([.. put.Select(page => Put(partition, page)), .. gone.Select(key => Delete(partition, key))], ct);
        }

        if (!changes.IsEmpty)
        {
            known.Apply(changes);
        }
    }

    /// <summary>The mailbox is another account's from now on, or nobody's.</summary>
    public async Task ForgetAsync(string mailbox, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        var rows = await storage.Uidls.QueryAsync<TableEntity>(row => row.PartitionKey == partition, select: ["RowKey"], cancellationToken: ct).ToListAsync(ct);
        await SubmitAsync(rows.Select(row => Delete(partition, row.RowKey)), ct);
    }

    /// <summary>Null is no column.</summary>
    private static TableEntity Row(string partition, RefusedMail mail) => new(partition, mail.Key)
    {
        [Bytes] = mail.Bytes,
        [Times] = mail.Times,
        [Substitute] = mail.Substitute is { } sha256 ? Convert.FromHexString(sha256.ToString()) : null,
    };

    private static TableTransactionAction Put(string partition, UidlPage page) =>
        Put(new(partition, page.Key) { [Mails] = page.Content.ToArray(), [Since] = page.Times.ToArray() });

    private static TableTransactionAction Put(TableEntity row) => new(TableTransactionActionType.UpsertReplace, row);

    private static TableTransactionAction Delete(string partition, string key) => new(TableTransactionActionType.Delete, new TableEntity(partition, key));

    private async Task SubmitAsync(IEnumerable<TableTransactionAction> actions, CancellationToken ct)
    {
        foreach (var transaction in actions.Chunk(StorageLimits.TransactionRows))
        {
            await AllOrNoneAsync([.. transaction], ct);
        }
    }

    /// <summary>All of them or none, but for rows to be deleted that are gone: another visitor may have forgotten them meanwhile, or we, and the answer got lost.</summary>
    private async Task AllOrNoneAsync(List<TableTransactionAction> transaction, CancellationToken ct)
    {
        while (transaction.Count > 0)
        {
            try
            {
                await storage.Uidls.SubmitTransactionAsync(transaction, ct);
                return;
            }
            catch (TableTransactionFailedException e) when (
                e.ErrorCode == TableErrorCode.ResourceNotFound && e.FailedTransactionActionIndex is { } gone && transaction[gone].ActionType is TableTransactionActionType.Delete)
            {
                transaction.RemoveAt(gone);
            }
        }
    }
}
