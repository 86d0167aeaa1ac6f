using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Pop3;

/// <summary>The table <c>Uidls</c>: which mails were collected and may still be in their mailbox.</summary>
/// <remarks>
/// A row is written after its mail is durable and before its DELE. It goes only when a later listing no longer has its
/// UIDL, so a session that broke before its QUIT never makes a mail come twice. Every call may be repeated.
/// </remarks>
public sealed class CollectedUidls(DepotStorage storage)
{
    /// <summary>The mailbox's rows: SHA-256 of the UIDL, and the octets that the mail had.</summary>
    /// <remarks>The octets tell a UIDL that the server gave to another mail since (RFC 1939 §7 forbids it, and some do it).</remarks>
    public async Task<IReadOnlyDictionary<string, long>> ReadAsync(string mailbox, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var row in storage.Uidls.QueryAsync<TableEntity>(row => row.PartitionKey == partition, select: ["RowKey", "Bytes"], cancellationToken: ct))
        {
            rows[row.RowKey] = row.GetInt64("Bytes") ?? 0;
        }

        return rows;
    }

    /// <summary>These mails are durable.</summary>
    public Task AddAsync(string mailbox, IEnumerable<ListedMails> mails, CancellationToken ct) => SubmitAsync(
        mails.Select(mail => new TableTransactionAction(
            TableTransactionActionType.UpsertReplace, new TableEntity(TableKey.Escape(mailbox), mail.Key) { ["Bytes"] = mail.Bytes })),
        ct);

    /// <summary>The mailbox no longer has these.</summary>
    public async Task ForgetAsync(string mailbox, IEnumerable<string> keys, CancellationToken ct)
    {
        try
        {
            await SubmitAsync(keys.Select(key => new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(TableKey.Escape(mailbox), key))), ct);
        }
        catch (TableTransactionFailedException e) when (e.Status == 404)
        {
            // another visitor forgot some of them meanwhile: the rest goes with the next listing
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
