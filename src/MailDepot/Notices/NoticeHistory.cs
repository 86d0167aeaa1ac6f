using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Storage;

namespace MailDepot.Notices;

/// <summary>The mails that the administrator got about a failing mailbox.</summary>
/// <param name="Since">When the failure began. The mailbox may have worked since, if no mail said so.</param>
/// <param name="Sent">When the last mail was sent.</param>
/// <param name="Count">How many were sent.</param>
/// <param name="Over">When a mail said that the failure is over; null if none did yet.</param>
internal sealed record NoticesSent(DateTimeOffset Since, DateTimeOffset Sent, int Count, DateTimeOffset? Over = null)
{
    /// <summary>When a mail last reported each kind of failure; without the kinds that no mail reported.</summary>
    public ImmutableDictionary<Pop3FailureKind, DateTimeOffset> Reported { get; init; } =
        ImmutableDictionary<Pop3FailureKind, DateTimeOffset>.Empty;

    /// <summary>When a mail last reported this kind; null if none did.</summary>
    public DateTimeOffset? LastReport(Pop3FailureKind kind) => Reported.TryGetValue(kind, out var time) ? time : null;

    /// <summary>Adds a mail that reported this kind; null stands for a kind that this version does not know.</summary>
    public NoticesSent Add(DateTimeOffset time, Pop3FailureKind? kind) =>
        this with { Sent = time, Count = Count + 1, Reported = kind is { } known ? Reported.SetItem(known, time) : Reported };
}

/// <summary>A failure of the relay.</summary>
/// <param name="Tried">When it was last tried.</param>
/// <param name="Sentence">Why it accepted no mail.</param>
internal sealed record RelayFailure(DateTimeOffset Tried, string Sentence);

/// <summary>What was sent, in rows of the table <c>Mailboxes</c>: one per mailbox that ever failed, and one for a failing relay.</summary>
internal sealed class NoticeHistory(DepotStorage storage)
{
    private const string Mailboxes = "notices";
    private const string Relays = "relay";
    private const string TheRelay = "relay";
    private const string Told = "Told"; // the column's name is this and the kind

    /// <summary>The mails about the last reported failure of each mailbox, by its name.</summary>
    public async Task<ImmutableDictionary<string, NoticesSent>> ReadAsync(CancellationToken ct)
    {
        var sent = ImmutableDictionary.CreateBuilder<string, NoticesSent>(StringComparer.OrdinalIgnoreCase);
        await foreach (var row in storage.Mailboxes.QueryAsync<TableEntity>(row => row.PartitionKey == Mailboxes, cancellationToken: ct))
        {
            sent[row.GetString("Name")] = new NoticesSent(
                row.GetDateTimeOffset("Since").GetValueOrDefault(), row.GetDateTimeOffset("Sent").GetValueOrDefault(),
                row.GetInt32("Count").GetValueOrDefault(), row.GetDateTimeOffset("Over"))
            {
                Reported = Enum.GetValues<Pop3FailureKind>().Where(kind => row.ContainsKey($"{Told}{kind}"))
                    .ToImmutableDictionary(kind => kind, kind => row.GetDateTimeOffset($"{Told}{kind}").GetValueOrDefault()),
            };
        }

        return sent.ToImmutable();
    }

    /// <summary>A mail about the mailbox was sent.</summary>
    public async Task SentAsync(string mailbox, NoticesSent sent, CancellationToken ct)
    {
        var row = new TableEntity(Mailboxes, TableKey.Escape(mailbox))
        {
            ["Name"] = mailbox,
            ["Since"] = sent.Since,
            ["Sent"] = sent.Sent,
            ["Count"] = sent.Count,
            ["Over"] = sent.Over,
        };
        foreach (var (kind, time) in sent.Reported)
        {
            row[$"{Told}{kind}"] = time;
        }

        await storage.Mailboxes.UpsertEntityAsync(row, TableUpdateMode.Replace, ct);
    }

    /// <summary>The mailbox no longer exists.</summary>
    public async Task ForgetAsync(string mailbox, CancellationToken ct) => // the SDK reports no error for a missing row
        await storage.Mailboxes.DeleteEntityAsync(Mailboxes, TableKey.Escape(mailbox), ETag.All, ct);

    /// <summary>The relay's failure; null if it works.</summary>
    public async Task<RelayFailure?> RelayFailureAsync(CancellationToken ct)
    {
        var row = await storage.Mailboxes.GetEntityIfExistsAsync<TableEntity>(Relays, TheRelay, cancellationToken: ct);
        return row.HasValue
            ? new RelayFailure(row.Value!.GetDateTimeOffset("Since").GetValueOrDefault(), row.Value.GetString("Sentence"))
            : null;
    }

    /// <summary>The relay accepted no mail.</summary>
    public async Task RelayFailedAsync(RelayFailure failure, CancellationToken ct) => await storage.Mailboxes.UpsertEntityAsync(
        new TableEntity(Relays, TheRelay) { ["Since"] = failure.Tried, ["Sentence"] = failure.Sentence }, TableUpdateMode.Replace, ct);

    /// <summary>The relay accepted a mail.</summary>
    public async Task RelayWorksAsync(CancellationToken ct) => await storage.Mailboxes.DeleteEntityAsync(Relays, TheRelay, ETag.All, ct);
}
