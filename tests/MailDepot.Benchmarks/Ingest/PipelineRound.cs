using System.Collections.Immutable;
using Azure.Storage.Blobs.Models;
using MailDepot.Events;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>One round of the real pipeline: connections that send mail after mail, up to the end of the archiver's work.</summary>
internal sealed class PipelineRound(IngestPlan plan, TimeProvider clock)
{
    /// <summary>Runs on a fresh, empty Azurite.</summary>
    /// <exception cref="BrokenRunException">A mail was not archived at the first attempt, so the round measures nothing.</exception>
    public async Task<PipelineFigures> RunAsync(AzuriteProcess azurite, int kilobytes, int connections, CancellationToken ct)
    {
        using var tallies = new Tallies();
        using var backlog = new Backlog(connections + IngestPlan.Spare);
        var storage = azurite.ConnectionString(AzuriteAccount.Development.Name);
        await using var depot = await LoopbackDepot.StartAsync(storage, policy: null, ct);
        string? wrong = null;
        depot.Events.Written += (_, e) =>
        {
            if (e.Kind is EventKind.Archived)
            {
                backlog.End();
            }
            else if (e.Kind is EventKind.Duplicate or EventKind.Quarantined or EventKind.Waiting or EventKind.Failed)
            {
                wrong ??= e.Text;
            }
        };

        var number = 0;
        var mails = new JournalMails(kilobytes * 1_000);
        var (before, after, time) = await new SteadyState(plan, clock).MeasureAsync(LoadAsync, Read, ct);
        return wrong is null
            ? Figures(before, after, time) with { Stored = await StoredAsync(depot, tallies, ct) }
            : throw new BrokenRunException($"A mail was not archived at the first attempt: {wrong}");

        async Task LoadAsync(CancellationToken enough)
        {
            await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => SendAsync(enough)));
            await backlog.EmptyAsync(ct);
        }

        async Task SendAsync(CancellationToken enough)
        {
            await using var smtp = await SmtpClient.ConnectAsync("127.0.0.1", depot.Port, ct);
            while (!enough.IsCancellationRequested)
            {
                await backlog.BeginAsync(ct);
                await smtp.SendAsync("", [JournalMails.Journal], mails.Make(Interlocked.Increment(ref number)), ct);
            }

            await smtp.QuitAsync(ct);
        }

        Reading Read() => new(
            backlog.Archived,
            CpuTime.Read(azurite.Id),
            depot.Requests.Requests.ToImmutableDictionary(StringComparer.Ordinal),
            tallies.Groups("ledger"),
            tallies.Groups("receipts"),
            tallies.Groups("participants"));
    }

    private static PipelineFigures Figures(Reading before, Reading after, TimeSpan time)
    {
        double mails = after.Archived - before.Archived;
        var participants = after.Participants - before.Participants;
        var requests = after.Requests.ToImmutableSortedDictionary(
            pair => pair.Key,
            pair => (pair.Value - before.Requests.GetValueOrDefault(pair.Key)) / mails,
            StringComparer.Ordinal);
        return new PipelineFigures
        {
            MailsPerSecond = mails / time.TotalSeconds,
            Cpu = after.Cpu.Since(before.Cpu, mails),
            Requests = requests.RemoveRange(requests.Where(pair => pair.Value == 0).Select(pair => pair.Key)),
            ParticipantWrites = participants.Count / mails,
            LedgerGroup = (after.Ledger - before.Ledger).Mean,
            ReceiptsGroup = (after.Receipts - before.Receipts).Mean,
            ParticipantsGroup = participants.Mean,
        };
    }

    /// <summary>For the whole round, warm-up included: what the archive container holds, and the rows written.</summary>
    private static async Task<StoredFigures> StoredAsync(LoopbackDepot depot, Tallies tallies, CancellationToken ct)
    {
        double received = tallies.BytesReceived;
        long documents = 0, ledger = 0;
        await foreach (var blob in depot.Storage.Archive(LoopbackDepot.Container).GetBlobsAsync(cancellationToken: ct))
        {
            var bytes = blob.Properties.ContentLength ?? 0;
            if (blob.Properties.BlobType is BlobType.Append)
            {
                ledger += bytes;
            }
            else
            {
                documents += bytes;
            }
        }

        return new StoredFigures(documents / received, ledger / received, tallies.RowBytesSent / received);
    }

    private sealed record Reading(
        long Archived,
        CpuTime Cpu,
        ImmutableDictionary<string, long> Requests,
        Tally Ledger,
        Tally Receipts,
        Tally Participants);
}
