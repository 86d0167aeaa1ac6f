namespace MailDepot.Benchmarks.Ingest;

/// <summary>What is measured, and for how long.</summary>
internal sealed record IngestPlan
{
    /// <summary>
    /// The most mails that are neither on a connection nor archived. Two batches of a queue get keep the archiver busy, and
    /// few enough messages wait that Azurite's queue, which slows down with each of them, keeps its pace.
    /// </summary>
    public const int Spare = 32;

    /// <summary>Sizes of mails as sent, in KB of 1,000 bytes.</summary>
    public IReadOnlyList<int> Kilobytes { get; init; } = [10, 30, 100];

    /// <summary>SMTP connections, each sending mail after mail. The floor puts into the queue from as many senders.</summary>
    public IReadOnlyList<int> Connections { get; init; } = [1, 8, 16, 32];

    /// <summary>Rounds for each size and number of connections; the medians count.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Runs one round before all others and discards its figures: .NET compiles our code in it.</summary>
    public bool FirstRound { get; init; } = true;

    /// <summary>Before the measured time of a round: our code and Azurite's are compiled while they run.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The measured time of a round.</summary>
    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Skips the sequential calls and the large mails.</summary>
    public bool SpeedOnly { get; init; }

    /// <summary>Large mails sent at once.</summary>
    public int LargeMails { get; init; } = 8;

    /// <summary>Bytes of the attachment of each, as base64; <see cref="LargeReport"/> rounds down to whole blocks.</summary>
    public long LargeBytes { get; init; } = 100_000_000;

    /// <summary>The small mails fit a queue message; the large ones go through the spool.</summary>
    public static IngestPlan Smoke { get; } = new()
    {
        Kilobytes = [10],
        Connections = [2],
        Rounds = 1,
        FirstRound = false,
        WarmUp = TimeSpan.FromMilliseconds(200),
        Measured = TimeSpan.FromSeconds(1),
        LargeMails = 2,
        LargeBytes = 5_000_000,
    };
}
