namespace MailDepot.Benchmarks.Parse;

/// <summary>What <c>parse</c> measures of one kind of mail.</summary>
/// <param name="Of">Which mails.</param>
/// <param name="Megabytes">Size of all of them, in MB of 1,000,000 bytes.</param>
/// <param name="MimeKit">Its bare parse: the whole mail as objects.</param>
/// <param name="Ours">As the archiver reads: hash, split of a report, facts.</param>
/// <param name="WithText">As ours, with the texts.</param>
internal sealed record ParseFigures(string Of, int Mails, double Megabytes, ParseSpeed MimeKit, ParseSpeed Ours, ParseSpeed WithText)
{
    /// <summary>The largest <see cref="Ratio"/> that meets the goal.</summary>
    public const double Goal = 0.6;

    /// <summary>Our time as a fraction of MimeKit's.</summary>
    public double Ratio => MimeKit.Speed / Ours.Speed;
}

/// <summary>The figures of one way of reading.</summary>
/// <param name="Speed">MB per second, the median of the rounds.</param>
/// <param name="AllocatedKilobytes">Per mail, freed or not.</param>
internal sealed record ParseSpeed(double Speed, double AllocatedKilobytes);
