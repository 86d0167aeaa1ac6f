using System.Collections.Immutable;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Pop3;

/// <summary>What is known of each mailbox, in the table <c>Mailboxes</c>; never a secret.</summary>
/// <param name="Asked">When its last poll was due; null if it never was.</param>
/// <param name="Polled">When its last visit ended; null if there was none.</param>
/// <param name="Result">What that visit came to: sentences for people.</param>
/// <param name="Failing">It did not go well.</param>
/// <param name="Waiting">Mails in the mailbox that were still to be collected when it ended.</param>
/// <param name="Collected">Mails collected in all; a visit whose process died is not in it.</param>
public sealed record MailboxState(DateTimeOffset? Asked, DateTimeOffset? Polled, string? Result, bool Failing, int Waiting, long Collected)
{
    /// <summary>Of a mailbox that was never polled.</summary>
    public static MailboxState New { get; } = new(null, null, null, false, 0, 0);

    /// <summary>When the next poll is due: at once if there was none.</summary>
    public DateTimeOffset? NextDue(MailboxOptions mailbox) => Asked + mailbox.Interval;
}

/// <summary>The table <c>Mailboxes</c>: a row a mailbox, written by the schedule (<c>Asked</c>) and by visits (all else).</summary>
public sealed class MailboxBook(DepotStorage storage)
{
    /// <summary>The one partition: there are few mailboxes, and they are listed together.</summary>
    private const string Partition = "mailboxes";

    /// <summary>Everything in the book, by mailbox; also of mailboxes that the configuration no longer has.</summary>
    public async Task<ImmutableDictionary<string, MailboxState>> ReadAsync(CancellationToken ct)
    {
        var states = ImmutableDictionary.CreateBuilder<string, MailboxState>(StringComparer.Ordinal);
        await foreach (var row in storage.Mailboxes.QueryAsync<TableEntity>(row => row.PartitionKey == Partition, cancellationToken: ct))
        {
            states[row.GetString("Name")] = State(row);
        }

        return states.ToImmutable();
    }

    /// <summary>One mailbox.</summary>
    public async Task<MailboxState> ReadAsync(string mailbox, CancellationToken ct) =>
        await RowAsync(mailbox, ct) is { } row ? State(row) : MailboxState.New;

    /// <summary>A poll that was due at this time was asked for.</summary>
    public async Task AskedAsync(string mailbox, DateTimeOffset due, CancellationToken ct) =>
        await storage.Mailboxes.UpsertEntityAsync(Row(mailbox, ("Asked", due)), TableUpdateMode.Merge, ct);

    /// <summary>A visit ended.</summary>
    public async Task PolledAsync(string mailbox, DateTimeOffset time, VisitResult visit, CancellationToken ct)
    {
        var before = await ReadAsync(mailbox, ct); // only the holder of the mailbox's lease counts
        var row = Row(
            mailbox, ("Polled", time), ("Result", visit.Result), ("Failing", visit.Failed), ("Waiting", visit.Waiting), ("Collected", before.Collected + visit.Collected));
        await storage.Mailboxes.UpsertEntityAsync(row, TableUpdateMode.Merge, ct);
    }

    private async Task<TableEntity?> RowAsync(string mailbox, CancellationToken ct) =>
        await storage.Mailboxes.GetEntityIfExistsAsync<TableEntity>(Partition, TableKey.Escape(mailbox), cancellationToken: ct) is { HasValue: true } row ? row.Value : null;

    private static TableEntity Row(string mailbox, params ReadOnlySpan<(string Name, object Value)> columns)
    {
        var row = new TableEntity(Partition, TableKey.Escape(mailbox)) { ["Name"] = mailbox };
        foreach (var (name, value) in columns)
        {
            row[name] = value;
        }

        return row;
    }

    private static MailboxState State(TableEntity row) => new(
        row.GetDateTimeOffset("Asked"), row.GetDateTimeOffset("Polled"), row.GetString("Result"),
        row.GetBoolean("Failing") ?? false, row.GetInt32("Waiting") ?? 0, row.GetInt64("Collected") ?? 0);
}
