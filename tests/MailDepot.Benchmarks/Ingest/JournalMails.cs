using System.Buffers;
using System.Globalization;
using System.Text;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Journal reports as Exchange Online sends them, all different, the same in every run.</summary>
/// <remarks>
/// The mail inside is two fifths prose and three fifths a base64 attachment that, like most PDFs, does not compress: gzip
/// works as hard as in the field. Text and attachment are cut from a stock, so making a mail costs only a copy.
/// </remarks>
/// <param name="bytes">Size of a whole report.</param>
internal sealed class JournalMails(int bytes)
{
    /// <summary>The address that receives the reports.</summary>
    public const string Journal = "journal@depot.example.net";

    /// <summary>How many addresses there are; senders and recipients are drawn from them evenly.</summary>
    public const int Addresses = 400;

    /// <summary>A sender, two in To and one in Cc: four different participants.</summary>
    public const int Participants = 4;

    private const double ProseShare = 0.4;

    private static readonly ReadOnlyMemory<byte> Prose = Stock.Prose();
    private static readonly ReadOnlyMemory<byte> Base64 = Stock.Base64();

    /// <summary>The report with this number; no two numbers make the same report.</summary>
    public ReadOnlyMemory<byte> Make(int number)
    {
        var random = new Random(number);
        var who = Draw(random);
        var (before, between, after) = Frame(number, who);
        var left = bytes - before.Length - between.Length - after.Length;
        var mail = new ArrayBufferWriter<byte>(bytes);
        Encoding.ASCII.GetBytes(before, mail);
        var prose = Stock.Lines(Prose.Span, random, (int)(left * ProseShare));
        mail.Write(prose);
        Encoding.ASCII.GetBytes(between, mail);
        mail.Write(Stock.Lines(Base64.Span, random, left - prose.Length));
        Encoding.ASCII.GetBytes(after, mail);
        return mail.WrittenMemory;
    }

    private static string[] Draw(Random random)
    {
        var who = new HashSet<string>(StringComparer.Ordinal);
        while (who.Count < Participants)
        {
            who.Add(string.Create(CultureInfo.InvariantCulture, $"person{random.Next(Addresses):d3}@example.com"));
        }

        return [.. who];
    }

    private static (string Before, string Between, string After) Frame(int number, string[] who) => (
        Lines(
            $"From: <{who[0]}>",
            $"To: <{who[1]}>, <{who[2]}>",
            $"Subject: Figures of day {number}",
            "Sender: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>",
            $"Message-ID: <report-{number}@journal.report.generator>",
            "Auto-Submitted: auto-generated",
            "X-MS-Journal-Report:",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=\"_report_\"",
            "",
            "--_report_",
            "Content-Type: text/plain; charset=\"utf-8\"",
            "",
            $"Sender: {who[0]}",
            $"Subject: Figures of day {number}",
            $"Message-ID: <mail-{number}@example.com>",
            $"To: {who[1]}",
            $"To: {who[2]}",
            $"Cc: {who[3]}",
            "",
            "--_report_",
            "Content-Type: message/rfc822",
            "",
            $"Received: from mx.example.com (192.0.2.7) by mail.example.com with ESMTPS id {number:x8}; "
                + "Mon, 23 Nov 2026 14:05:06 +0000",
            $"From: <{who[0]}>",
            $"To: <{who[1]}>, <{who[2]}>",
            $"Cc: <{who[3]}>",
            $"Subject: Figures of day {number}",
            "Date: Mon, 23 Nov 2026 15:05:06 +0100",
            $"Message-ID: <mail-{number}@example.com>",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=\"=_mail_\"",
            "",
            "--=_mail_",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            ""),
        Lines(
            "--=_mail_",
            $"Content-Type: application/pdf; name=\"figures-{number}.pdf\"",
            $"Content-Disposition: attachment; filename=\"figures-{number}.pdf\"",
            "Content-Transfer-Encoding: base64",
            "",
            ""),
        Lines("--=_mail_--", "", "--_report_--", ""));

    private static string Lines(params string[] lines) => string.Join("\r\n", lines);
}
