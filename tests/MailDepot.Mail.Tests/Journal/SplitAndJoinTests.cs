using CsCheck;

using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Tests.Journal;

/// <summary>Whatever the input, a split report is restored bit for bit.</summary>
public sealed class SplitAndJoinTests
{
    private static readonly string[] Fragments =
    [
        "\r\n", "\n", "\r", "--", "--_report_", "\r\n--_report_\r\n", "\n--_report_--\n", "\r\n--inner\r\n", "--inner--", "\r\n\r\n", "\0",
        ": ",
        "Content-Type: message/rfc822\r\n", "Content-Type: multipart/mixed; boundary=_report_\r\n\r\n",
        "Content-Transfer-Encoding: base64\r\n", "Sender: anna@example.com\r\n",
    ];

    private static readonly Gen<byte[]> GenMail = Gen.Select(
        Gen.OneOf("inner", "_report", "_report_", "_report_x"), Gen.String[Gen.Char[" \r\n-:aä_"], 0, 200], Gen.Byte.Array[0, 300],
        Gen.Bool, Gen.Int[0, 2],
        (boundary, text, file, crlf, attachments) =>
        {
            var mail = A.Mail().Boundary(boundary).Text(text);
            mail = crlf ? mail : mail.WithLfOnly();
            for (var n = 0; n < attachments; n++)
            {
                mail = mail.Attachment("file.bin", "application/octet-stream", file, n == 0 ? "base64" : "binary");
            }

            return mail.Bytes();
        });

    private static readonly Gen<byte[]> GenReport = Gen.Select(
        GenMail, Gen.Bool, Gen.OneOf("7bit", "base64", "quoted-printable"),
        Gen.OneOf("\n--_report_--\n", "\n--_report_--", "\n", "\n--_report_--\n\nmore"), Gen.Int[0, 3],
        (mail, crlf, encoding, end, recipients) =>
        {
            var report = A.JournalReport().Sender("anna@example.com").EnvelopeIn(encoding).End(end).Around(mail);
            report = crlf ? report : report.WithLfOnly();
            for (var n = 0; n < recipients; n++)
            {
                report = report.Recipient($"person-{n}@example.org");
            }

            return report.Bytes();
        });

    private static readonly List<ReportShape> AllShapes = [.. ReportShapes.Split, .. ReportShapes.Whole];

    private static readonly Gen<byte[]> GenShape = Gen.Select(
        Gen.Int[0, AllShapes.Count - 1].Select(n => AllShapes[n]), GenMail, Gen.Bool, (shape, mail, lfOnly) => shape.Around(mail, lfOnly));

    private static readonly Gen<byte[]> GenMutated = Gen.Select(
        Gen.OneOf(GenReport, GenShape), Gen.Select(Gen.Double[0, 1], Gen.Int[0, 40], Gen.OneOf(Fragments), Gen.Int[0, 3]).Array[1, 4],
        (report, changes) =>
            changes.Aggregate(report, (bytes, change) => Mutate(bytes, change.Item1, change.Item2, change.Item3, change.Item4)));

    public static TheoryData<string> Shapes => [.. AllShapes.Select(shape => shape.Name)];

    [Fact]
    public async Task Generated_report_is_restored_bit_for_bit() =>
        await GenReport.SampleAsync(async report => Assert.True(await ComesBackAsync(report) || EndsEarly(report)), iter: 1_000);

    [Fact]
    public async Task Mutated_report_is_kept_whole_or_restored_bit_for_bit()
    {
        var split = 0;
        await GenMutated.SampleAsync(
            async report =>
            {
                if (await ComesBackAsync(report))
                {
                    Interlocked.Increment(ref split);
                }
            },
            iter: 3_000);

        // Neither none nor all: the mutations reach both sides.
        Assert.InRange(split, 100, 2_900);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_mail_of_the_corpus_is_restored_from_a_report_of_every_shape_bit_for_bit(string shape)
    {
        var at = AllShapes.FindIndex(one => one.Name == shape);
        var other = new List<string>();
        foreach (var (number, mail) in Corpus.Mails().Index())
        {
            var bytes = AllShapes[at].Around(mail.Bytes, (number + at) % 2 == 0);
            var report = await Read.ReportAsync(bytes);
            if (at < ReportShapes.Split.Length
                ? report?.Split?.Sha256 != Digest.Of(mail.Bytes) || !ComesBack(bytes, report)
                : report?.Split is not null)
            {
                other.Add($"{mail.Name} {report?.Doubt}");
            }
        }

        Assert.True(other.Count == 0, string.Join("\n", other));
    }

    [Fact]
    public async Task Mail_encoded_by_a_gateway_has_the_same_facts()
    {
        foreach (var mail in Corpus.Mails())
        {
            var facts = (await Read.MailAsync(mail.Bytes)).Facts;
            foreach (var shape in ReportShapes.Whole.Where(shape => shape.Name is "mail in base64" or "mail as a file"))
            {
                var report = await Read.ReportAsync(shape.Around(mail.Bytes, false));
                var inside = report!.Inside ?? new MailFacts();
                Assert.Equal(
                    (mail.Name, facts.MessageId, facts.Subject, string.Join(", ", facts.To), facts.Attachments.Length),
                    (mail.Name, inside.MessageId, inside.Subject, string.Join(", ", inside.To), inside.Attachments.Length));
            }
        }
    }

    /// <summary>True if the report was split; then it must be restored, and its parts must be correct.</summary>
    private static async Task<bool> ComesBackAsync(byte[] bytes) =>
        ComesBack(bytes, await Read.ReportAsync(bytes, pieceSize: 211));

    private static bool ComesBack(byte[] bytes, JournalReport? report)
    {
        if (report?.Split is not { } split)
        {
            Assert.True(report is null or { Doubt.Length: > 0 });
            return false;
        }

        var document = bytes[(int)split.Offset..(int)(split.Offset + split.Length)];
        Assert.Equal(bytes, Read.Joined(split, document));
        Assert.Equal(Digest.Of(document), split.Sha256);
        Assert.Null(report.Doubt);
        return true;
    }

    /// <summary>Generated without an end boundary, or around a mail that uses the report's own boundary.</summary>
    private static bool EndsEarly(byte[] report) =>
        report.AsSpan().IndexOf("--_report_--"u8) < 0
            || report.AsSpan().IndexOf("boundary=\"_report_"u8) != report.AsSpan().LastIndexOf("boundary=\"_report_"u8);

    private static byte[] Mutate(byte[] bytes, double place, int length, string fragment, int kind)
    {
        var at = (int)(place * bytes.Length);
        var end = Math.Min(bytes.Length, at + length);
        var inserted = System.Text.Encoding.UTF8.GetBytes(fragment);
        return kind switch
        {
            0 => bytes[..at],
            1 => [.. bytes[..at], .. bytes[end..]],
            2 => [.. bytes[..at], .. inserted, .. bytes[at..]],
            _ => [.. bytes[..at], .. bytes[at..end], .. bytes[at..]],
        };
    }
}
