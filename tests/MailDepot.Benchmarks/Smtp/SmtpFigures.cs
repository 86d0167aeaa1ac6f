using System.Collections.Immutable;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>All that was measured.</summary>
internal sealed record SmtpFigures(
    ImmutableArray<PointFigures> NullSpool, ImmutableArray<TlsFigures> Tls, ImmutableArray<StorageFigures> Storage, FlatFigures? Flat, UnfinishedFigures? Unfinished);

/// <summary>Mails a second without storage, medians of the rounds; the ratio is the median of the rounds' ratios to smtp-sink.</summary>
internal sealed record PointFigures(SmtpPoint Point, double Sink, double SmtpServer, double Depot, double Ratio, ImmutableArray<double> Rounds)
{
    /// <summary>1.3 of smtp-sink on reused connections, as fast as it on new ones.</summary>
    public double Goal => Point.Reused ? 1.3 : 1.0;
}

/// <summary>Mails a second of another client, plain and with TLS, and those that smtp-server takes of it with TLS.</summary>
internal sealed record TlsFigures(SmtpPoint Point, double Plain, double Tls, double SmtpServerTls);

/// <summary>Mails a second with Azurite behind, and queue messages a second without us.</summary>
internal sealed record StorageFigures(SmtpPoint Point, double Puts, double Depot, double Ratio, ImmutableArray<double> Rounds)
{
    public const double Goal = 0.9;
}

/// <summary>Octets resident after the first tenth of so many mails and after all.</summary>
internal sealed record FlatFigures(int Mails, long After10Percent, long AfterAll);

/// <summary>The most octets resident while so many large mails are begun and not ended.</summary>
internal sealed record UnfinishedFigures(int Mails, long BytesEach, long IdlePeakBytes, long PeakBytes)
{
    public const double GoalMegabytes = 200;
}
