using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>The table <c>Uidls</c>: mails that were collected and may still be in their mailbox, and mails that could not be.</summary>
/// <remarks>
/// Durable mails are in pages of a few hundred; each refused mail has a row, which is rewritten each time. A page is written after its
/// mails are durable and before their DELEs. A mail is removed only when a later listing no longer has it, so a session that broke
/// before its QUIT never causes a mail to be collected twice. Every call may be repeated.
/// A mail without a UIDL is identified by the SHA-256 of its content, and is read again before it is deleted. Its refusals are recorded
/// by size only, so it is requested last and never skipped.
/// </remarks>
public sealed class CollectedUidls(DepotStorage storage, TimeProvider clock)
{
    private const string Mails = "Mails", Since = "Since", Bytes = "Bytes", Times = "Times", Substitute = "Substitute";

    /// <summary>Reads a mailbox's rows. Mails without a time get the current one, and <see cref="KeepAsync"/> writes it.</summary>
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
                var refused = new RefusedMail(row.RowKey, row.GetInt64(Bytes) ?? 0, row.GetInt32(Times) ?? 0) { Substitute = substitute };
                known.Add([], [refused]);
            }
        }

        return known;
    }

    /// <summary>Writes rows.</summary>
    public Task PutAsync(string mailbox, IEnumerable<UidlPage> pages, IEnumerable<RefusedMail> refused, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        return SubmitAsync(pages.Select(page => Put(partition, page)).Concat(refused.Select(mail => Put(Row(partition, mail)))), ct);
    }

    /// <summary>Removes from the table what the mailbox no longer lists.</summary>
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

    /// <summary>Removes all rows of a mailbox: it was removed, or now belongs to another account.</summary>
    public async Task ForgetAsync(string mailbox, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        var rows = await storage.Uidls
            .QueryAsync<TableEntity>(row => row.PartitionKey == partition, select: ["RowKey"], cancellationToken: ct).ToListAsync(ct);
        await SubmitAsync(rows.Select(row => Delete(partition, row.RowKey)), ct);
    }

    /// <summary>A null value makes no column.</summary>
    private static TableEntity Row(string partition, RefusedMail mail) => new(partition, mail.Key)
    {
        [Bytes] = mail.Bytes,
        [Times] = mail.Times,
        [Substitute] = mail.Substitute is { } sha256 ? Convert.FromHexString(sha256.ToString()) : null,
    };

    private static TableTransactionAction Put(string partition, UidlPage page) =>
        Put(new(partition, page.Key) { [Mails] = page.Content.ToArray(), [Since] = page.Times.ToArray() });

    private static TableTransactionAction Put(TableEntity row) => new(TableTransactionActionType.UpsertReplace, row);

    private static TableTransactionAction Delete(string partition, string key) =>
        new(TableTransactionActionType.Delete, new TableEntity(partition, key));

    private async Task SubmitAsync(IEnumerable<TableTransactionAction> actions, CancellationToken ct)
    {
        foreach (var transaction in actions.Chunk(StorageLimits.TransactionRows))
        {
            await AllOrNoneAsync([.. transaction], ct);
        }
    }

    /// <summary>
    /// One transaction. Rows to delete that are already gone are left out: another process deleted them, or we did and the response
    /// got lost.
    /// </summary>
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
                e.ErrorCode == TableErrorCode.ResourceNotFound && e.FailedTransactionActionIndex is { } gone
                && transaction[gone].ActionType is TableTransactionActionType.Delete)
            {
                transaction.RemoveAt(gone);
            }
        }
    }
}
