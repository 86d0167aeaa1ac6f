namespace MailDepot.Benchmarks.Parse;

/// <summary>What <c>parse</c> measures of one kind of mail.</summary>
/// <param name="Of">Which mails.</param>
/// <param name="Megabytes">Octets of all of them, in millions.</param>
/// <param name="MimeKit">Its bare parse: the whole mail as objects.</param>
/// <param name="Ours">As the archiver reads: hash, split of a report, facts.</param>
/// <param name="WithText">The same with the texts.</param>
internal sealed record ParseFigures(string Of, int Mails, double Megabytes, ParseSpeed MimeKit, ParseSpeed Ours, ParseSpeed WithText)
{
    /// <summary>Of MimeKit's time.</summary>
    public const double Goal = 0.6;

    /// <summary>Our time, of MimeKit's.</summary>
    public double Ratio => MimeKit.Speed / Ours.Speed;
}

/// <summary>How one way of reading does.</summary>
/// <param name="Speed">Million octets a second: the median of the rounds.</param>
/// <param name="AllocatedKilobytes">A mail, given back or not.</param>
internal sealed record ParseSpeed(double Speed, double AllocatedKilobytes);
