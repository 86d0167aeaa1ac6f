using System.Globalization;
using Azure.Data.Tables;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Pop3;

/// <summary>What the table knows of a mail that may still be in its mailbox.</summary>
/// <param name="Bytes">The octets that it had by LIST. They tell a UIDL that the server gave to another mail since (RFC 1939 §7 forbids it, and some do it).</param>
/// <param name="Refusals">Runs in a row in which it could not be fetched; 0: it is durable.</param>
public sealed record KnownMail(long Bytes, int Refusals)
{
    /// <summary>It is ours, and only to be deleted.</summary>
    public bool IsDurable => Refusals == 0;
}

/// <summary>The table <c>Uidls</c>: which mails were collected and may still be in their mailbox, and which could not be.</summary>
/// <remarks>
/// A row is written after its mail is durable and before its DELE. It goes only when a later listing no longer has its
/// mail, so a session that broke before its QUIT never makes a mail come twice. Every call may be repeated.
/// A mail without a UIDL is known by the SHA-256 of its octets, and is read again before it is deleted unseen; that it was
/// refused is known of its size alone, so it is asked for last, and never skipped.
/// </remarks>
public sealed class CollectedUidls(DepotStorage storage)
{
    /// <summary>Begins the key of a mail without a UIDL that is durable: no UIDL's key has a letter behind f.</summary>
    private const string OctetsPrefix = "octets-";

    /// <summary>Begins the key of one that was refused.</summary>
    private const string SizePrefix = "size-";

    /// <summary>The key of a durable mail without a UIDL.</summary>
    public static string OctetsKey(Digest octets) => OctetsPrefix + octets;

    /// <summary>The key under which a mail's refusals are counted.</summary>
    public static string RefusalKey(ListedMails mail) => mail.Key.Length > 0 ? mail.Key : string.Create(CultureInfo.InvariantCulture, $"{SizePrefix}{mail.Bytes}");

    /// <summary>The mailbox's rows by key.</summary>
    public async Task<IReadOnlyDictionary<string, KnownMail>> ReadAsync(string mailbox, CancellationToken ct)
    {
        var partition = TableKey.Escape(mailbox);
        var rows = new Dictionary<string, KnownMail>(StringComparer.Ordinal);
        await foreach (var row in storage.Uidls.QueryAsync<TableEntity>(row => row.PartitionKey == partition, select: ["RowKey", "Bytes", "Refusals"], cancellationToken: ct))
        {
            rows[row.RowKey] = new(row.GetInt64("Bytes") ?? 0, row.GetInt32("Refusals") ?? 0);
        }

        return rows;
    }

    /// <summary>Writes what is known of mails.</summary>
    public Task PutAsync(string mailbox, IEnumerable<KeyValuePair<string, KnownMail>> mails, CancellationToken ct) => SubmitAsync(
        mails.Select(mail => new TableTransactionAction(
            TableTransactionActionType.UpsertReplace,
            new TableEntity(TableKey.Escape(mailbox), mail.Key) { ["Bytes"] = mail.Value.Bytes, ["Refusals"] = mail.Value.Refusals })),
        ct);

    /// <summary>The rows whose mail a listing no longer has.</summary>
    public static IReadOnlyList<string> Gone(IReadOnlyDictionary<string, KnownMail> known, IReadOnlyCollection<ListedMails> listed)
    {
        var keys = listed.Select(mail => mail.Key).ToHashSet(StringComparer.Ordinal);
        var nameless = listed.Where(mail => mail.Key.Length == 0).Select(mail => mail.Bytes).ToHashSet();
        return [.. known.Where(row => row.Key.Contains('-', StringComparison.Ordinal) ? !nameless.Contains(row.Value.Bytes) : !keys.Contains(row.Key)).Select(row => row.Key)];
    }

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
