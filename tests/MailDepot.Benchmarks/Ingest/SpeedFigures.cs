using System.Collections.Immutable;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>One size of mail at one number of connections: medians over the rounds.</summary>
internal sealed record SpeedFigures(
    int Kilobytes, int Connections, FloorFigures Floor, double Ratio, PipelineFigures Pipeline, ImmutableArray<SpeedRound> Rounds)
{
    /// <summary>The ratio is the median of the rounds' ratios, because floor and pipeline of a round ran in turn.</summary>
    public static SpeedFigures Of(int kilobytes, int connections, IReadOnlyList<SpeedRound> rounds)
    {
        var kinds = rounds.SelectMany(round => round.Pipeline.Requests.Keys).Distinct(StringComparer.Ordinal);
        var floor = new FloorFigures(Median(round => round.Floor.MailsPerSecond), Cpu(round => round.Floor.Cpu));
        var pipeline = new PipelineFigures
        {
            MailsPerSecond = Median(round => round.Pipeline.MailsPerSecond),
            Cpu = Cpu(round => round.Pipeline.Cpu),
            Requests = kinds.ToImmutableSortedDictionary(
                kind => kind, kind => Median(round => round.Pipeline.Requests.GetValueOrDefault(kind)), StringComparer.Ordinal),
            ParticipantWrites = Median(round => round.Pipeline.ParticipantWrites),
            LedgerGroup = Median(round => round.Pipeline.LedgerGroup),
            ReceiptsGroup = Median(round => round.Pipeline.ReceiptsGroup),
            ParticipantsGroup = Median(round => round.Pipeline.ParticipantsGroup),
            Stored = new StoredFigures(
                Median(round => round.Pipeline.Stored.Documents),
                Median(round => round.Pipeline.Stored.Ledger),
                Median(round => round.Pipeline.Stored.Rows)),
        };
        return new SpeedFigures(kilobytes, connections, floor, Median(round => round.Ratio), pipeline, [.. rounds]);

        CpuFigures Cpu(Func<SpeedRound, CpuFigures> of) => new(Median(round => of(round).Own), Median(round => of(round).Storage));

        double Median(Func<SpeedRound, double> figure)
        {
            var sorted = rounds.Select(figure).Order().ToList();
            return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
        }
    }
}

/// <summary>Floor and pipeline, one after the other.</summary>
internal sealed record SpeedRound(FloorFigures Floor, PipelineFigures Pipeline)
{
    public double Ratio => Pipeline.MailsPerSecond / Floor.MailsPerSecond;
}

/// <summary>What the floor did in the measured time.</summary>
internal sealed record FloorFigures(double MailsPerSecond, CpuFigures Cpu);

/// <summary>What the pipeline did in the measured time. Requests are those on the wire, per mail.</summary>
internal sealed record PipelineFigures
{
    public required double MailsPerSecond { get; init; }

    public required CpuFigures Cpu { get; init; }

    /// <summary>By operation, as <see cref="Storage.RequestCounter"/> names them.</summary>
    public required ImmutableSortedDictionary<string, double> Requests { get; init; }

    public double AllRequests => Requests.Values.Sum();

    /// <summary>The requests among them that write participants' rows.</summary>
    public required double ParticipantWrites { get; init; }

    /// <summary>All but the participants': the goal is 3.4 at 16 in flight.</summary>
    public double RequestsWithoutParticipants => AllRequests - ParticipantWrites;

    /// <summary>Receipts that shared an append, on average.</summary>
    public required double LedgerGroup { get; init; }

    /// <summary>Receipts that shared a transaction, on average.</summary>
    public required double ReceiptsGroup { get; init; }

    /// <summary>Rows of one address that shared a write, on average.</summary>
    public required double ParticipantsGroup { get; init; }

    public StoredFigures Stored { get; init; } = new(0, 0, 0);
}

/// <summary>Bytes kept per byte received.</summary>
/// <param name="Documents">Blobs.</param>
/// <param name="Ledger">Append blobs, with the reports' wrappers.</param>
/// <param name="Rows">As sent: JSON and the framing of transactions, so more than they take in a table.</param>
internal sealed record StoredFigures(double Documents, double Ledger, double Rows)
{
    public double All => Documents + Ledger + Rows;
}
