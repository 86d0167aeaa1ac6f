using System.Collections.Immutable;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>Everything that <c>smtp</c> measures.</summary>
internal sealed record SmtpFigures(
    ImmutableArray<PointFigures> NullSpool,
    ImmutableArray<TlsFigures> Tls,
    ImmutableArray<StorageFigures> Storage,
    FlatFigures? Flat,
    UnfinishedFigures? Unfinished);

/// <summary>Mails per second without storage, medians of the rounds; the ratio is the median of the rounds' ratios to smtp-sink.</summary>
internal sealed record PointFigures(
    SmtpPoint Point, double Sink, double SmtpServer, double Depot, double Ratio, ImmutableArray<double> Rounds)
{
    /// <summary>1.3 times smtp-sink's speed on reused connections, the same speed on new ones.</summary>
    public double Goal => Point.Reused ? 1.3 : 1.0;
}

/// <summary>Mails per second from MailKit's client, plain and with TLS, and those that smtp-server receives from it with TLS.</summary>
internal sealed record TlsFigures(SmtpPoint Point, double Plain, double Tls, double SmtpServerTls);

/// <summary>Mails per second into Azurite, and raw queue messages per second into it.</summary>
internal sealed record StorageFigures(SmtpPoint Point, double Puts, double Depot, double Ratio, ImmutableArray<double> Rounds)
{
    public const double Goal = 0.9;
}

/// <summary>Bytes resident after the first tenth of the mails and after all.</summary>
internal sealed record FlatFigures(int Mails, long After10Percent, long AfterAll);

/// <summary>The most bytes resident while several large mails are begun and not finished.</summary>
internal sealed record UnfinishedFigures(int Mails, long BytesEach, long IdlePeakBytes, long PeakBytes)
{
    public const double GoalMegabytes = 200;
}
