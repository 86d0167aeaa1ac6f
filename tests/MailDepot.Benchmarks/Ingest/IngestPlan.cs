namespace MailDepot.Benchmarks.Ingest;

/// <summary>What is measured, and for how long.</summary>
internal sealed record IngestPlan
{
    /// <summary>
    /// Mails that are neither on a connection nor archived yet, at most: two batches of a queue get, so that the archiver
    /// never starves, and Azurite, whose queue slows down with every waiting message, stays as it is.
    /// </summary>
    public const int Spare = 32;

    /// <summary>Sizes of mails as sent, 1,000 octets each.</summary>
    public IReadOnlyList<int> Kilobytes { get; init; } = [10, 30, 100];

    /// <summary>SMTP connections, each sending mail after mail; the floor has as many putting into the queue.</summary>
    public IReadOnlyList<int> Connections { get; init; } = [1, 8, 16, 32];

    /// <summary>Rounds for each size and number of connections; medians are told.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>A round before all others, which is thrown away: our own code is compiled in it.</summary>
    public bool FirstRound { get; init; } = true;

    /// <summary>Before the measured time of a round: our code and Azurite's are compiled while they run.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The measured time of a round.</summary>
    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Without the calls in a row and the large mails.</summary>
    public bool SpeedOnly { get; init; }

    /// <summary>Large mails that come at once.</summary>
    public int LargeMails { get; init; } = 8;

    /// <summary>Bytes of the attachment of each, as base64; <see cref="LargeReport"/> rounds down to whole blocks.</summary>
    public long LargeBytes { get; init; } = 100_000_000;

    /// <summary>Small mails fit a queue message, the large ones go through the spool.</summary>
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
