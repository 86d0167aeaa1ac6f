using System.Diagnostics;
using System.Text;
using MailDepot.Journal;
using MailDepot.Mail;
using MimeKit;

namespace MailDepot.Benchmarks.Parse;

/// <summary>Reads the same mails in turn with MimeKit alone and as the archiver does, on one thread and from memory.</summary>
/// <param name="round">A round reads all mails again and again for at least this long, so that the clock is precise enough.</param>
internal sealed class ParseRun(TimeSpan round, TimeProvider clock)
{
    public async Task<IReadOnlyList<ParseFigures>> RunAsync(string folder, int rounds, CancellationToken ct)
    {
        var mails = new List<byte[]>();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            mails.Add(await File.ReadAllBytesAsync(file, ct));
        }

        return
        [
            await MeasureAsync("mails", mails, rounds, ct),
            await MeasureAsync("reports around them", [.. mails.Select(Report)], rounds, ct),
        ];
    }

    private async Task<ParseFigures> MeasureAsync(string of, List<byte[]> mails, int rounds, CancellationToken ct)
    {
        // The first round of each is warm-up. They take turns, so that a busy machine slows all of them.
        var (mimeKit, ours, withText) = (new List<ParseSpeed>(), new List<ParseSpeed>(), new List<ParseSpeed>());
        for (var done = 0; done <= rounds; done++)
        {
            mimeKit.Add(await RoundAsync(mails, BareAsync, ct));
            ours.Add(await RoundAsync(mails, (mail, token) => ReadAsync(mail, withText: false, token), ct));
            withText.Add(await RoundAsync(mails, (mail, token) => ReadAsync(mail, withText: true, token), ct));
        }

        var megabytes = mails.Sum(mail => mail.LongLength) / 1e6;
        return new ParseFigures(of, mails.Count, megabytes, Median(mimeKit), Median(ours), Median(withText));
    }

    private async Task<ParseSpeed> RoundAsync(List<byte[]> mails, Func<byte[], CancellationToken, Task> read, CancellationToken ct)
    {
        GC.Collect();
        var (bytes, count, began, allocated) = (0L, 0, clock.GetTimestamp(), GC.GetTotalAllocatedBytes(precise: true));
        do
        {
            foreach (var mail in mails)
            {
                await read(mail, ct);
                bytes += mail.Length;
                count++;
            }
        }
        while (clock.GetElapsedTime(began) < round);

        var seconds = clock.GetElapsedTime(began).TotalSeconds;
        return new ParseSpeed(bytes / 1e6 / seconds, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / 1e3 / count);
    }

    private static async Task BareAsync(byte[] mail, CancellationToken ct)
    {
        try
        {
            using var message = await new MimeParser(new MemoryStream(mail), MimeFormat.Entity).ParseMessageAsync(ct);
        }
        catch (FormatException)
        {
            // One mail of the corpus is there to be rejected.
        }
    }

    private static async Task ReadAsync(byte[] mail, bool withText, CancellationToken ct)
    {
        using var scan = new ReportScan();
        var raw = new MemoryStream(mail);
        var reading = withText
            ? await MailReader.ReadWithTextAsync(raw, scan.Feed, ct)
            : await MailReader.ReadAsync(raw, scan.Feed, ct);
        if (JournalReport.Read(scan, reading) is { Split: null, Doubt: null })
        {
            throw new UnreachableException("A report was not split, and no reason was given.");
        }
    }

    private static byte[] Report(byte[] mail) =>
    [
        .. Encoding.ASCII.GetBytes(string.Join(
            "\r\n",
            "From: anna@example.com",
            "To: ben@example.org",
            "Subject: Offer",
            "Sender: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>",
            "Message-ID: <1@journal.report.generator>",
            "X-MS-Journal-Report:",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=\"_report_of_the_benchmark_\"",
            "",
            "--_report_of_the_benchmark_",
            "Content-Type: text/plain; charset=\"utf-8\"",
            "",
            "Sender: anna@example.com",
            "Subject: Offer",
            "Message-ID: <offer@example.com>",
            "To: ben@example.org, Expanded: sales@example.org",
            "Recipient: cleo@example.net",
            "",
            "--_report_of_the_benchmark_",
            "Content-Type: message/rfc822",
            "",
            "")),
        .. mail,
        .. "\r\n--_report_of_the_benchmark_--\r\n"u8,
    ];

    private static ParseSpeed Median(List<ParseSpeed> rounds) =>
        rounds.Skip(1).OrderBy(round => round.Speed).ElementAt((rounds.Count - 1) / 2);
}
