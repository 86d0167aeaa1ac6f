using System.Collections.Immutable;
using Azure.Data.Tables;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>The table <c>Mailboxes</c>: one row per mailbox. The schedule writes <c>Asked</c>, visits write the other columns.</summary>
public sealed class MailboxStates(DepotStorage storage)
{
    /// <summary>The column of <see cref="MailboxState.Edition"/>.</summary>
    internal const string Edition = "Edition";

    /// <summary>
    /// The edition to which pause, last QUIT and turned-away time belong: the one with which their visit began. So a change of the
    /// mailbox ends them, even one made during the visit.
    /// </summary>
    private const string PausedEdition = "PausedEdition";

    /// <summary>The only partition: there are few mailboxes, and they are listed together.</summary>
    internal const string Partition = "mailboxes";

    /// <summary>The lease that a visit holds.</summary>
    internal static string LeaseName(string mailbox) => $"pop3/{mailbox}";

    /// <summary>All states by mailbox name, including those of mailboxes that are no longer configured.</summary>
    public async Task<ImmutableDictionary<string, MailboxState>> ReadAsync(CancellationToken ct)
    {
        var states = ImmutableDictionary.CreateBuilder<string, MailboxState>(StringComparer.Ordinal);
        await foreach (var row in storage.Mailboxes.QueryAsync<TableEntity>(row => row.PartitionKey == Partition, cancellationToken: ct))
        {
            states[row.GetString("Name")] = State(row);
        }

        return states.ToImmutable();
    }

    /// <summary>One mailbox; <see cref="MailboxState.New"/> if it has no row.</summary>
    public async Task<MailboxState> ReadAsync(string mailbox, CancellationToken ct)
    {
        var row = await storage.Mailboxes.GetEntityIfExistsAsync<TableEntity>(Partition, TableKey.Escape(mailbox), cancellationToken: ct);
        return row.HasValue ? State(row.Value!) : MailboxState.New;
    }

    /// <summary>The poll that was due at this time has been requested.</summary>
    public Task AskedAsync(string mailbox, DateTimeOffset due, CancellationToken ct) => WriteAsync(Row(mailbox, ("Asked", due)), ct);

    /// <summary>The mailbox belongs to this account from now on; what was known about logins is forgotten.</summary>
    public async Task<MailboxState> BindAccountAsync(string mailbox, string account, MailboxState before, CancellationToken ct)
    {
        var never = DateTimeOffset.UnixEpoch;
        var row = Row(
            mailbox, ("Account", account), ("FailedLogins", 0), ("PausedUntil", never), ("LastQuit", never), ("TurnedAway", never));
        await WriteAsync(row, ct);
        return before with { Account = account, FailedLogins = 0, PausedUntil = null, LastQuit = null, TurnedAway = null };
    }

    /// <summary>The progress of a running visit.</summary>
    public Task ProgressedAsync(string mailbox, DateTimeOffset time, VisitProgress progress, CancellationToken ct) =>
        WriteAsync(Row(mailbox, [("Progressed", time), .. Columns(progress)]), ct);

    /// <summary>A visit ended. Only the holder of the mailbox's lease calls this, so nothing changes between reading and writing.</summary>
    /// <param name="before">The state when the visit began.</param>
    /// <param name="pausedUntil">No login before this time; null for no pause.</param>
    /// <param name="secured">How the connection was secured; null if no login succeeded.</param>
    public async Task<MailboxState> PolledAsync(
        string mailbox, DateTimeOffset time, VisitResult visit, MailboxState before, DateTimeOffset? pausedUntil, string? secured,
        CancellationToken ct)
    {
        var after = before with
        {
            Polled = time,
            Progressed = time,
            Succeeded = visit.Failed && visit.Failure is not { IsCollected: true } ? before.Succeeded : time,
            Result = visit.Result,
            More = visit.More,
            Progress = visit.Progress with { Stage = VisitStage.Idle },
            Collected = before.Collected + visit.Collected,
            Failure = visit.Failure ?? before.Failure,
            FailedAt = visit.Failed ? time : before.FailedAt,
            Failures = visit.Failed ? before.Failures + 1 : 0,
            FailingSince = visit.Failed ? before.FailingSince ?? time : null,
            FailedLogins = (secured is null ? before.FailedLogins : 0) + (visit.LoginFailed ? 1 : 0),
            PausedUntil = pausedUntil,
            LastQuit = visit.LastQuit ?? before.LastQuit,
            TurnedAway = visit.TurnedAway ? time : before.TurnedAway,
            Secured = secured ?? before.Secured,
        };
        var row = Row(
            mailbox, ("Polled", time), ("Progressed", time), ("Succeeded", after.Succeeded), ("Result", after.Result), ("More", after.More),
            ("Collected", after.Collected), ("FailedAt", after.FailedAt), ("Failures", after.Failures),
            ("FailingSince", after.FailingSince ?? DateTimeOffset.UnixEpoch), ("FailedLogins", after.FailedLogins),
            ("PausedUntil", pausedUntil ?? DateTimeOffset.UnixEpoch), (PausedEdition, before.Edition ?? ""),
            ("LastQuit", after.LastQuit ?? DateTimeOffset.UnixEpoch), ("TurnedAway", after.TurnedAway ?? DateTimeOffset.UnixEpoch),
            ("Secured", after.Secured), ("FailureKind", after.Failure?.Kind.ToString()), ("FailureSentence", after.Failure?.Sentence),
            ("FailureWayOut", after.Failure?.WayOut),
            ("FailureServerWords", after.Failure is null ? null : after.Failure.ServerReply ?? ""));
        Columns(after.Progress).ToList().ForEach(column => row[column.Name] = column.Value);
        await WriteAsync(row, ct);
        return after;
    }

    /// <summary>A visit came too soon after the last session to get one of its own: the mailbox keeps failing or not, as before.</summary>
    /// <param name="pausedUntil">When it is no longer too soon.</param>
    public Task CameTooEarlyAsync(
        string mailbox, DateTimeOffset time, VisitResult visit, MailboxState before, DateTimeOffset? pausedUntil, CancellationToken ct) =>
        WriteAsync(
            Row(
                mailbox,
                [
                    ("Polled", time), ("Progressed", time), ("Result", visit.Result), ("More", false),
                    ("PausedUntil", pausedUntil), (PausedEdition, before.Edition ?? ""),
                    ("LastQuit", before.LastQuit), ("TurnedAway", time), .. Columns(before.Progress with { Stage = VisitStage.Idle }),
                ]),
            ct);

    private async Task WriteAsync(TableEntity row, CancellationToken ct) =>
        await storage.Mailboxes.UpsertEntityAsync(row, TableUpdateMode.Merge, ct);

    private static IEnumerable<(string Name, object? Value)> Columns(VisitProgress progress) =>
    [
        ("Stage", progress.Stage.ToString()), ("Waiting", progress.Waiting), ("WaitingBytes", progress.WaitingBytes),
        ("VisitCollected", progress.Collected), ("VisitCollectedBytes", progress.CollectedBytes), ("Undeleted", progress.Undeleted),
        ("Skipped", progress.Skipped), ("Substitutes", progress.Substitutes),
    ];

    /// <summary>
    /// A null leaves its column as it is, because a merge can't remove one. So a time that no longer applies is written as the epoch,
    /// and a text as an empty string.
    /// </summary>
    private static TableEntity Row(string mailbox, params ReadOnlySpan<(string Name, object? Value)> columns)
    {
        var row = new TableEntity(Partition, TableKey.Escape(mailbox)) { ["Name"] = mailbox };
        foreach (var (name, value) in columns)
        {
            if (value is not null)
            {
                row[name] = value;
            }
        }

        return row;
    }

    internal static MailboxState State(TableEntity row) => new()
    {
        Account = row.GetString("Account"),
        Asked = row.GetDateTimeOffset("Asked"),
        Polled = row.GetDateTimeOffset("Polled"),
        Progressed = row.GetDateTimeOffset("Progressed"),
        Succeeded = row.GetDateTimeOffset("Succeeded"),
        Result = row.GetString("Result"),
        More = row.GetBoolean("More") ?? false,
        Progress = Progress(row),
        Collected = row.GetInt64("Collected") ?? 0,
        Failure = Enum.TryParse<Pop3FailureKind>(row.GetString("FailureKind"), out var kind)
            ? Pop3Failure.FromRow(
                kind, row.GetString("FailureSentence") ?? "", row.GetString("FailureWayOut") ?? "",
                row.GetString("FailureServerWords") is { Length: > 0 } reply ? reply : null)
            : null,
        FailedAt = row.GetDateTimeOffset("FailedAt"),
        Failures = row.GetInt32("Failures") ?? 0,
        FailingSince = Time(row, "FailingSince"),
        FailedLogins = row.GetInt32("FailedLogins") ?? 0,
        Edition = row.GetString(Edition),
        PausedUntil = OfThisEdition(row, "PausedUntil"),
        LastQuit = OfThisEdition(row, "LastQuit"),
        TurnedAway = OfThisEdition(row, "TurnedAway"),
        Secured = row.GetString("Secured"),
    };

    private static VisitProgress Progress(TableEntity row) => new(
        Enum.TryParse<VisitStage>(row.GetString("Stage"), out var stage) ? stage : VisitStage.Idle,
        row.GetInt32("Waiting") ?? 0, row.GetInt64("WaitingBytes") ?? 0,
        row.GetInt32("VisitCollected") ?? 0, row.GetInt64("VisitCollectedBytes") ?? 0, row.GetInt32("Undeleted") ?? 0)
    {
        Skipped = row.GetInt32("Skipped") ?? 0,
        Substitutes = row.GetInt32("Substitutes") ?? 0,
    };

    private static DateTimeOffset? OfThisEdition(TableEntity row, string column) =>
        (row.GetString(PausedEdition) ?? "") == (row.GetString(Edition) ?? "") ? Time(row, column) : null;

    private static DateTimeOffset? Time(TableEntity row, string column) =>
        row.GetDateTimeOffset(column) is { } time && time > DateTimeOffset.UnixEpoch ? time : null;
}
