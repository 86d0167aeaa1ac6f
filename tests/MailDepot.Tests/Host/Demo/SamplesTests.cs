using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using MailDepot.Host.Demo;
using MimeKit;

namespace MailDepot.Tests.Host.Demo;

public sealed partial class SamplesTests
{
    // Exchange's own domain in the Message-ID of reports. No mail goes there.
    private const string ReportIds = "journal.report.generator";

    public static TheoryData<string> Names => [.. Samples.All.Select(sample => sample.Name)];

    [Fact]
    public void Names_are_unique_and_every_stored_mail_is_in_the_list()
    {
        var stored = typeof(Samples).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("samples/", StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name));

        Assert.Equal(Samples.All.Length, Samples.All.DistinctBy(sample => sample.Name, StringComparer.Ordinal).Count());
        Assert.Equal(
            stored.Append("ten-megabytes").Order(StringComparer.Ordinal),
            Samples.All.Select(sample => sample.Name).Order(StringComparer.Ordinal));
        Assert.Equal("pdf-and-csv", Assert.Single(Samples.All, sample => sample.Deliveries == 2).Name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_line_ends_with_CRLF_and_none_is_longer_than_SMTP_allows(string name)
    {
        // Octets without CRLF (RFC 5321 §4.5.3.1.6).
        const int MaxLineLength = 998;
        var text = Encoding.Latin1.GetString(Of(name).Bytes().Span);

        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Split("\r\n"), line => line.Length > MaxLineLength || line.AsSpan().ContainsAny('\r', '\n'));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_address_is_in_a_domain_that_nobody_can_own(string name)
    {
        var sample = Of(name);
        var text = Encoding.Latin1.GetString(sample.Bytes().Span);
        var written = Address().Matches(text).Select(match => match.Groups["domain"].Value);
        string[] envelope = sample.From.Length > 0 ? [sample.From, .. sample.To] : [.. sample.To];

        Assert.NotEmpty(written);
        Assert.All(
            written.Concat(envelope.Select(address => address.Split('@')[1])),
            domain => Assert.True(domain is ReportIds || Example().IsMatch(domain), domain));
    }

    [Theory]
    [InlineData("german-umlauts", "Jörg Müller", "Grüße aus Köln: Übersicht über die Frühjahrsmesse", "42 Gespräche")]
    [InlineData("japanese-base64", "田中 結衣", "【ご連絡】来週の打ち合わせと忘年会について", "鍋の美味しいお店")]
    [InlineData("french-alternative", "Élodie Fontaine", "Réouverture de la cafétéria", "gâteau aux noix")]
    [InlineData("greek-invitation", "Ελένη Παππά", "Πρόσκληση: γιορτή του γραφείου", "πορτοκαλόπιτα")]
    public void What_is_encoded_reads_as_it_was_written(string name, string author, string subject, string text)
    {
        var mail = Parse(Of(name).Bytes());

        Assert.Equal(author, mail.From.Mailboxes.Single().Name);
        Assert.Equal(subject, mail.Subject);
        Assert.Contains(text, mail.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public void Attachments_are_real_files()
    {
        var attached = Parse(Of("pdf-and-csv").Bytes()).Attachments.Cast<MimePart>().ToList();
        var picture = Parse(Of("inline-image").Bytes()).BodyParts.OfType<MimePart>()
            .Single(part => part.ContentType.IsMimeType("image", "png"));

        Assert.Equal(["invoice-2026-118.pdf", "order list €.csv"], attached.Select(part => part.FileName), StringComparer.Ordinal);
        var pdf = Encoding.Latin1.GetString(Decoded(attached[0]));
        Assert.StartsWith("%PDF-1.4", pdf, StringComparison.Ordinal);
        var table = int.Parse(StartOfTable().Match(pdf).Groups["offset"].ValueSpan, CultureInfo.InvariantCulture);
        Assert.StartsWith("xref\n", pdf[table..], StringComparison.Ordinal);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], Decoded(picture)[..4]);
        Assert.Equal("envelope@badges.example.org", picture.ContentId);
    }

    [Theory]
    [InlineData("report-bcc", "Bcc: david.moreau@example.com")]
    [InlineData("report-fork", "Bcc: emma.virtanen@example.com, Expanded: finance@example.com")]
    [InlineData("report-distribution-list", "Recipient: clara.weiss@example.com, Expanded: staff@example.com")]
    [InlineData(
        "report-on-behalf",
        "On-Behalf-Of: maria.sokolova@example.com",
        "To: deputy@example.com, Forwarded: alexey.belov@example.com",
        "Subject: Совещание в среду: план на декабрь")]
    public void A_report_has_the_shape_that_Exchange_Online_gives_it(string name, params string[] lines)
    {
        var report = Parse(Of(name).Bytes());
        var parts = Assert.IsType<Multipart>(report.Body);
        var (envelope, inner) = (Assert.IsType<TextPart>(parts[0]), Assert.IsType<MessagePart>(parts[1]));

        Assert.Equal(2, parts.Count);
        Assert.Equal("", report.Headers["X-MS-Journal-Report"]);
        Assert.EndsWith($"@{ReportIds}", report.MessageId, StringComparison.Ordinal);
        Assert.Equal(inner.Message!.MessageId, report.Headers["X-MS-Exchange-Parent-Message-Id"]!.Trim('<', '>'));
        Assert.Equal(["Content-Type"], inner.Headers.Select(header => header.Field), StringComparer.Ordinal);
        // MimeKit gives a text the line endings of the system it runs on.
        var written = envelope.Text.ReplaceLineEndings("\n").Split('\n');
        Assert.All(lines, line => Assert.Contains(line, written, StringComparer.Ordinal));
        Assert.Contains($"Message-Id: <{inner.Message.MessageId}>", written, StringComparer.Ordinal);
        Assert.Contains($"Subject: {report.Subject}", written, StringComparer.Ordinal);
    }

    [Fact]
    public void The_fork_is_another_report_of_the_same_mail()
    {
        var (first, second) = (Of("report-bcc").Bytes(), Of("report-fork").Bytes());

        Assert.NotEqual(Parse(first).MessageId, Parse(second).MessageId, StringComparer.Ordinal);
        Assert.Equal(Inner(first), Inner(second));
    }

    [Fact]
    public void Every_report_goes_to_the_journal_address_without_a_sender_and_nothing_else_does() =>
        Assert.All(Samples.All, sample =>
        {
            var claims = Encoding.Latin1.GetString(sample.Bytes().Span).Contains("\r\nX-MS-Journal-Report:\r\n", StringComparison.Ordinal);
            Assert.Equal((claims, claims), (sample.Journal, sample.From.Length == 0));
        });

    [Theory]
    [InlineData("broken-mime")]
    [InlineData("report-cut")]
    public void A_broken_mail_lacks_its_end(string name)
    {
        var text = Encoding.Latin1.GetString(Of(name).Bytes().Span);
        var boundary = Parse(Of(name).Bytes()).Body!.ContentType.Boundary;

        Assert.Contains($"\r\n--{boundary}\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"--{boundary}--", text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_has_a_header_with_bytes_that_are_not_UTF_8()
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        Assert.Throws<DecoderFallbackException>(() => strict.GetString(Of("broken-mime").Bytes().Span));
    }

    [Fact]
    public void The_large_one_is_over_ten_megabytes_incompressible_and_always_the_same()
    {
        var (mail, again) = (LargeMail.Make(), LargeMail.Make());
        var attachment = Decoded((MimePart)Parse(mail).Attachments.Single());
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(attachment);
        }

        Assert.InRange(mail.Length, 10_000_000, 11_000_000);
        Assert.True(mail.Span.SequenceEqual(again.Span));
        Assert.Equal(LargeMail.AttachmentBytes, attachment.Length);
        Assert.True(packed.Length >= attachment.Length);
    }

    private static Sample Of(string name) => Samples.All.Single(sample => sample.Name.Equals(name, StringComparison.Ordinal));

    private static MimeMessage Parse(ReadOnlyMemory<byte> mail) =>
        MimeMessage.Load(new MemoryStream(mail.ToArray()), TestContext.Current.CancellationToken);

    private static byte[] Decoded(MimePart part)
    {
        using var decoded = new MemoryStream();
        part.Content!.DecodeTo(decoded, TestContext.Current.CancellationToken);
        return decoded.ToArray();
    }

    /// <summary>
    /// What is between the header of the message part and the line ending before the last delimiter, found without a parser.
    /// </summary>
    private static string Inner(ReadOnlyMemory<byte> report)
    {
        const string Header = "Content-Type: message/rfc822\r\n\r\n";
        var text = Encoding.Latin1.GetString(report.Span);
        var boundary = Parse(report).Body!.ContentType.Boundary;
        var start = text.IndexOf(Header, StringComparison.Ordinal) + Header.Length;
        return text[start..text.IndexOf($"\r\n--{boundary}--", StringComparison.Ordinal)];
    }

    [GeneratedRegex(
        @"[\w.+-]+@(?<domain>[\w.-]+)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Address();

    [GeneratedRegex(
        @"^([\w-]+\.)*example\.(com|org|net)$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Example();

    [GeneratedRegex(
        @"startxref\n(?<offset>\d+)\n%%EOF",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex StartOfTable();
}
