using System.Collections.Immutable;

namespace MailDepot.Host.Demo;

/// <summary>A mail that the demo delivers, with its SMTP envelope.</summary>
/// <param name="Name">Short and unique; also the name of its file.</param>
/// <param name="Description">What the mail contains, in half a sentence.</param>
/// <param name="From">The reverse-path; empty for the null sender.</param>
/// <param name="To">Envelope recipients: addresses of the demo's archive, not those in the mail.</param>
/// <param name="Bytes">The mail as it goes over the wire, CRLF line ends, the same at each call.</param>
public sealed record Sample(string Name, string Description, string From, ImmutableArray<string> To, Func<ReadOnlyMemory<byte>> Bytes)
{
    /// <summary>How often it is delivered. Repeats are counted, not archived twice.</summary>
    public int Deliveries { get; init; } = 1;

    /// <summary>Whether it is a journal report, sent to the address that Exchange would journal to.</summary>
    public bool Journal => To.Contains(Samples.JournalAddress, StringComparer.Ordinal);
}

/// <summary>The mails of the demo: ordinary ones of several languages, journal reports, and broken ones.</summary>
/// <remarks>All people are invented, all domains reserved for examples (RFC 2606 §3), all IP addresses too (RFC 5737, RFC 3849).</remarks>
public static class Samples
{
    /// <summary>The address that Exchange journals to: reports sent here are trusted.</summary>
    public const string JournalAddress = "journal@depot.example.net";

    /// <summary>Where people send copies of ordinary mail.</summary>
    public const string ArchiveAddress = "archive@example.com";

    /// <summary>A person who appears in several samples.</summary>
    public const string WellKnown = "anna.lindqvist@example.com";

    /// <summary>In the order of delivery: the newest is the last.</summary>
    public static ImmutableArray<Sample> All { get; } =
    [
        Mail("plain-english", "a plain text mail", WellKnown),
        Mail("german-umlauts", "German, with umlauts in subject and text", "joerg.mueller@example.net"),
        Mail("japanese-base64", "Japanese, with encoded names", "yui.tanaka@example.com"),
        Mail("french-alternative", "French, as text and as HTML", "elodie.fontaine@example.org"),
        Mail("greek-invitation", "Greek, encoded in base64", "eleni.pappa@example.net"),
        Mail("pdf-and-csv", "with an invoice (PDF) and a list (CSV), delivered twice", "orders@example.net") with { Deliveries = 2 },
        Mail("inline-image", "HTML with a picture in it", "ben.okafor@example.org"),
        Report("report-bcc", "a journal report that reveals a hidden Bcc"),
        Report("report-fork", "a second report of the same mail, with other recipients"),
        Report("report-distribution-list", "a journal report of a mail from outside to a distribution list"),
        Report("report-on-behalf", "a Russian mail, sent on behalf of someone and forwarded"),
        new("ten-megabytes", "a large mail with a picture of the whole team", WellKnown, [ArchiveAddress], LargeMail.Make),
        Mail("broken-mime", "cut in the middle, with bytes that are no characters", "scanner@example.com"),
        Report("report-cut", "a journal report cut in the middle"),
    ];

    private static Sample Mail(string name, string description, string from) =>
        new(name, description, from, [ArchiveAddress], () => Read(name));

    // Exchange sends reports with the null sender, so that they never bounce.
    private static Sample Report(string name, string description) => new(name, description, "", [JournalAddress], () => Read(name));

    private static ReadOnlyMemory<byte> Read(string name)
    {
        using var stored = typeof(Samples).Assembly.GetManifestResourceStream($"samples/{name}.eml")
            ?? throw new InvalidOperationException($"The sample {name} was not built into this program.");
        var bytes = new byte[stored.Length];
        stored.ReadExactly(bytes);
        return bytes;
    }
}
