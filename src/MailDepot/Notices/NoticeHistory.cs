using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Storage;

namespace MailDepot.Notices;

/// <summary>The mails that the administrator got about a mailbox which can't be collected.</summary>
/// <param name="Since">Which failure they were about: when it began. It may have been away since, if no mail said so.</param>
/// <param name="Sent">When the last one was sent.</param>
/// <param name="Count">How many.</param>
/// <param name="Over">When the last one said that it is over; null: none did yet.</param>
internal sealed record NoticesSent(DateTimeOffset Since, DateTimeOffset Sent, int Count, DateTimeOffset? Over = null)
{
    /// <summary>When a mail last told of each kind of failure; kinds of which none did are not in it.</summary>
    public ImmutableDictionary<Pop3FailureKind, DateTimeOffset> Told { get; init; } = ImmutableDictionary<Pop3FailureKind, DateTimeOffset>.Empty;

    /// <summary>When a mail last told of this kind; null: none did.</summary>
    public DateTimeOffset? ToldOf(Pop3FailureKind kind) => Told.TryGetValue(kind, out var time) ? time : null;

    /// <summary>One more was sent, of this kind; null: of one that this version does not know.</summary>
    public NoticesSent Again(DateTimeOffset time, Pop3FailureKind? kind) =>
        this with { Sent = time, Count = Count + 1, Told = kind is { } known ? Told.SetItem(known, time) : Told };
}

/// <summary>How the relay fails.</summary>
/// <param name="Since">When it was tried last.</param>
/// <param name="Sentence">Why it took no mail.</param>
internal sealed record RelayTrouble(DateTimeOffset Since, string Sentence);

/// <summary>What was sent, in rows of the table <c>Mailboxes</c>: one for each mailbox that ever failed, one for a relay that does.</summary>
internal sealed class NoticeHistory(DepotStorage storage)
{
    private const string Mailboxes = "notices";
    private const string Relays = "relay";
    private const string TheRelay = "relay";
    private const string Told = "Told"; // and the kind

    /// <summary>By mailbox: its last failure that was told.</summary>
    public async Task<ImmutableDictionary<string, NoticesSent>> ReadAsync(CancellationToken ct)
    {
        var sent = ImmutableDictionary.CreateBuilder<string, NoticesSent>(StringComparer.OrdinalIgnoreCase);
        await foreach (var row in storage.Mailboxes.QueryAsync<TableEntity>(row => row.PartitionKey == Mailboxes, cancellationToken: ct))
        {
            sent[row.GetString("Name")] = new NoticesSent(
                row.GetDateTimeOffset("Since").GetValueOrDefault(), row.GetDateTimeOffset("Sent").GetValueOrDefault(), row.GetInt32("Count").GetValueOrDefault(), row.GetDateTimeOffset("Over"))
            {
                Told = Enum.GetValues<Pop3FailureKind>().Where(kind => row.ContainsKey($"{Told}{kind}")).ToImmutableDictionary(kind => kind, kind => row.GetDateTimeOffset($"{Told}{kind}").GetValueOrDefault()),
            };
        }

        return sent.ToImmutable();
    }

    /// <summary>A mail about the mailbox was sent.</summary>
    public async Task SentAsync(string mailbox, NoticesSent sent, CancellationToken ct)
    {
        var row = new TableEntity(Mailboxes, TableKey.Escape(mailbox)) { ["Name"] = mailbox, ["Since"] = sent.Since, ["Sent"] = sent.Sent, ["Count"] = sent.Count, ["Over"] = sent.Over };
        foreach (var (kind, time) in sent.Told)
        {
            row[$"{Told}{kind}"] = time;
        }

        await storage.Mailboxes.UpsertEntityAsync(row, TableUpdateMode.Replace, ct);
    }

    /// <summary>The mailbox is gone.</summary>
    public async Task ForgetAsync(string mailbox, CancellationToken ct) =>
        await storage.Mailboxes.DeleteEntityAsync(Mailboxes, TableKey.Escape(mailbox), ETag.All, ct); // one that is not there is no error to the SDK

    /// <summary>How the relay fails; null if it does not.</summary>
    public async Task<RelayTrouble?> TroubleAsync(CancellationToken ct) =>
        await storage.Mailboxes.GetEntityIfExistsAsync<TableEntity>(Relays, TheRelay, cancellationToken: ct) is { HasValue: true, Value: { } row }
            ? new RelayTrouble(row.GetDateTimeOffset("Since").GetValueOrDefault(), row.GetString("Sentence"))
            : null;

    /// <summary>The relay took no mail.</summary>
    public async Task FailedAsync(RelayTrouble trouble, CancellationToken ct) => await storage.Mailboxes.UpsertEntityAsync(
        new TableEntity(Relays, TheRelay) { ["Since"] = trouble.Since, ["Sentence"] = trouble.Sentence }, TableUpdateMode.Replace, ct);

    /// <summary>The relay took a mail.</summary>
    public async Task WorksAsync(CancellationToken ct) => await storage.Mailboxes.DeleteEntityAsync(Relays, TheRelay, ETag.All, ct);
}
