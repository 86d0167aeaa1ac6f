using System.Globalization;
using System.Text;

using CsCheck;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>No mail makes the reader crash, hang, or take more than a fixed multiple of its size in memory.</summary>
/// <remarks>
/// Memory means everything allocated, freed or not: it can be counted exactly, unlike the peak, which is below
/// it. The hash shows that a mail was read to its end; time is bounded by the work that allocates, and
/// a read that hangs would hang the test, which the run ends.
/// </remarks>
public sealed class BombTests
{
    /// <summary>Bytes that a bomb may cost in addition: MimeKit grows a field of 1 MiB in small steps, each a new buffer.</summary>
    private const long Fixed = 192 * 1024 * 1024;

    /// <summary>The same for a mail with fields of normal length: buffers, and the allowance for headers.</summary>
    private const long FixedSmall = 8 * 1024 * 1024;

    /// <summary>Bytes allocated per byte of mail: a header as an object, text as UTF-16, as HTML and again without tags.</summary>
    private const long Multiple = 60;

    /// <summary>Bytes of a bomb.</summary>
    private const int Size = 1024 * 1024;

    private static readonly string[] Fragments =
    [
        "\r\n", "\n", "\r", "\r\n\r\n", "\0", "--", "\r\n--b\r\n", "=?", "?=", "=?utf-8?b?", "=?gb2312?q?=", ": ", ";", ",", "<", ">", "\"",
        "(", "[", "@", "\\", "\u00E4", "\u00FF\u00FE",
        "Content-Type: multipart/mixed; boundary=b\r\n", "Content-Type: message/rfc822\r\n\r\n",
        "Content-Type: text/html; charset=utf-16\r\n", "Content-Transfer-Encoding: base64\r\n",
        "Content-Disposition: attachment; filename*0*=utf-8''%", "<!--", "<script>", "<![CDATA[", "&#x10FFFF;", "eJ8+IgEA",
        "-----BEGIN PGP MESSAGE-----",
        "Content-Type: application/octet-stream; name=a.eml\r\n", "Content-Type: application/pkcs7-mime\r\n",
        "Content-Transfer-Encoding: x-uuencode\r\n", "\nbegin 644 a\n", "\n#86)C\n", "\n`\nend\n",
    ];

    public static TheoryData<string> Bombs => [.. Made.Keys];

    /// <summary>Mails of about <see cref="Size"/> bytes that consist of one thing only.</summary>
    private static Dictionary<string, Func<byte[]>> Made { get; } = new(StringComparer.Ordinal)
    {
        ["messages in messages"] = () => Repeat("Content-Type: message/rfc822\r\n\r\n"),
        ["multiparts in multiparts"] = () =>
            Bytes(
                string.Concat(Enumerable.Range(0, 16_000).Select(n => $"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))),
        ["multiparts of one boundary"] = () => Repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"),
        ["parts"] = () => Repeat("--b\r\n\r\n", "Content-Type: multipart/mixed; boundary=b\r\n\r\n"),
        ["attachments"] = () =>
            Repeat("--b\r\nContent-Type: image/png; name=a\r\n\r\nx\r\n", "Content-Type: multipart/mixed; boundary=b\r\n\r\n"),
        ["messages side by side"] = () =>
            Repeat("--b\r\n\r\nSubject: s\r\n\r\nx\r\n", "Content-Type: multipart/digest; boundary=b\r\n\r\n"),
        ["alternatives"] = () =>
            Repeat("--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n", "Content-Type: multipart/alternative; boundary=b\r\n\r\n"),
        ["lines that begin a boundary"] = () =>
            Repeat("--b\u0000\r\n", $"Content-Type: multipart/mixed; boundary=\"{new string('b', 900)}\"\r\n\r\n"),
        ["header fields"] = () => Repeat("X-A: b\r\n"),
        ["header fields without a value"] = () => Repeat("To:\r\n"),
        ["subjects"] = () => Repeat("Subject: s\r\n", "", "\r\n"),
        ["a header without an end"] = () => Repeat("x", "X-A: "),
        ["a field of many lines"] = () => Repeat("x\r\n ", "Subject: "),
        ["a line of a body"] = () => Repeat("x", "\r\n"),
        ["addresses"] = () => Repeat("a@b.example,", "To: ", "\r\n\r\n"),
        ["broken addresses"] = () => Repeat("<a,\"", "To: ", "\r\n\r\n"),
        ["groups in groups"] = () => Repeat("a:", "To: ", "\r\n\r\n"),
        ["comments in comments"] = () => Repeat("(", "To: ", "\r\n\r\n"),
        ["encoded words"] = () => Repeat("=?utf-8?q?a?= ", "Subject: ", "\r\n\r\n"),
        ["encoded words without an end"] = () => Repeat("=?a?q?x ", "Subject: ", "\r\n\r\n"),
        ["encoded words in other charsets"] = () => Repeat("=?gb2312?b?1tA=?= =?koi8-r?q?=C1?= ", "Subject: ", "\r\n\r\n"),
        ["raw bytes"] = () => Repeat("\u00E4", "Subject: ", "\r\n\r\n"),
        ["parameters"] = () => Repeat("; a*0*=utf-8''%C3", "Content-Type: text/plain", "\r\n\r\n"),
        ["tags"] = () => Repeat("<div>", "Content-Type: text/html\r\n\r\n"),
        ["attributes"] = () => Repeat(" a=b", "Content-Type: text/html\r\n\r\n<p"),
        ["a comment without an end"] = () => Repeat("<!-- ", "Content-Type: text/html\r\n\r\n"),
        ["a script without an end"] = () => Repeat("<script>", "Content-Type: text/html\r\n\r\n"),
        ["character references"] = () => Repeat("&#x1F600;&NotANamedOne", "Content-Type: text/html\r\n\r\n"),
        ["line breaks"] = () => Repeat("<br>", "Content-Type: text/html\r\n\r\n"),
        ["blanks"] = () => Repeat(" ", "Content-Type: text/plain\r\n\r\n"),
        ["letters of no charset"] = () => Repeat("\u00E4\u0081\u00FF", "Content-Type: text/plain; charset=utf-8\r\n\r\n"),
        ["quoted-printable"] = () => Repeat("=", "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"),
        ["zeros"] = () => new byte[Size],
        ["mails in files in mails"] = () =>
            Enumerable.Range(0, 30).Aggregate(
                A.Mail().Bytes(),
                (inner, _) => inner.Length > Size ? inner : A.Mail().Attachment("a.eml", "application/octet-stream", inner).Bytes()),
        ["mails as files"] = () =>
            Repeat(
                "--b\r\nContent-Type: application/octet-stream\r\n\r\nFrom: a\r\nTo: b\r\nSubject: s\r\n\r\nx\r\n",
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n"),
        ["multiparts in a mail as a file"] = () =>
            A.Mail().Attachment(
                "a.eml",
                "application/octet-stream",
                Repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "From: a\r\nTo: b\r\nSubject: s\r\n")).Bytes(),
        ["signatures in signatures"] = () =>
            Enumerable.Range(0, 30).Aggregate(
                "Content-Type: text/plain\r\n\r\nx"u8.ToArray(),
                (inner, _) => [.. "Subject: s\r\nContent-Type: application/pkcs7-mime\r\n\r\n"u8, .. CmsDraft.Der(inner)]),
        ["a signature in tiny pieces"] = () =>
            A.Mail().Attachment(
                "smime.p7m",
                "application/pkcs7-mime",
                CmsDraft.Ber([.. "Content-Type: text/plain\r\n\r\n"u8, .. new byte[Size / 8]], 1)).Bytes(),
        ["octet strings in octet strings"] = () =>
            A.Mail().Attachment(
                "smime.p7m",
                "application/pkcs7-mime",
                [
                    .. CmsDraft.Ber([1], 1).TakeWhile(value => value != 0x24),
                    .. Enumerable.Repeat((byte[])[0x24, 0x80], Size / 4).SelectMany(head => head),
                ]).Bytes(),
        ["uuencoded files"] = () => Repeat("begin 644 a\r\n#86)C\r\n`\r\nend\r\n", "Content-Type: text/plain\r\n\r\n"),
        ["uuencoded files that never begin"] = () => Repeat("begin 644 a\r\n#86)C\r\n", "Content-Type: text/plain\r\n\r\n"),
        ["lines that begin a uuencoded file"] = () => Repeat("begin 644 a\r\n", "Content-Type: text/plain\r\n\r\n"),
        ["uuencoded lines whose blanks were stripped"] = () =>
            Repeat("_\n", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\n"),
        ["base64 between junk"] = () =>
            Repeat("Y!W!J!j! ", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
        ["TNEF of many files"] = () => Winmail(Many(16_000, tnef => tnef.File("a", []))),
        ["TNEF of many attributes"] = () => Winmail(Many(60_000, tnef => tnef.Attribute(1, 0x00018004, []))),
        ["TNEF with a length that lies"] = () => Winmail(new TnefDraft().Attribute(2, 0x0006800F, [1], int.MaxValue)),
        ["TNEF with a negative length"] = () => Winmail(new TnefDraft().Attribute(2, 0x0006800F, [1], -1)),
        ["TNEF with a count of properties that lies"] = () => Winmail(new TnefDraft().Attribute(1, 0x00069003, [0xFF, 0xFF, 0xFF, 0x7F])),
        ["TNEF with a text whose length lies"] = () =>
            Winmail(new TnefDraft().Attribute(1, 0x00069003, [1, 0, 0, 0, 0x1E, 0, 0, 0x10, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F])),
        ["TNEF in TNEF"] = () =>
            Winmail(Enumerable.Range(0, 200).Aggregate(new TnefDraft(), (inner, _) => new TnefDraft().File("winmail.dat", inner.Bytes()))),
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Bomb_is_read_to_its_end_in_bounded_memory(string bomb) => Hold(Made[bomb](), Fixed);

    [Fact]
    public void Generated_header_is_read_to_its_end_in_bounded_memory() => Gen.OneOf(Fragments).Array[1, 200].Sample(
        pieces => Hold(Bytes(string.Format(
            CultureInfo.InvariantCulture, "From: {0}\r\nSubject: {0}\r\nContent-Type: {0}\r\n\r\n{0}", string.Concat(pieces)))),
        iter: 1_000);

    [Fact]
    public void Generated_tnef_is_read_to_its_end_in_bounded_memory() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 10], Gen.Int[-5, 5_000]).Array[1, 6].Sample(
            pieces => Hold(Winmail(pieces.Aggregate(
                new TnefDraft().File("a", [1]),
                (tnef, piece) => tnef.Attribute(
                    (byte)((piece.Item2 % 2) + 1), Tag(piece.Item2), piece.Item1, piece.Item3 > 300 ? piece.Item3 : null)))),
            iter: 2_000);

    [Fact]
    public void Mutated_mail_of_the_corpus_is_read_to_its_end_in_bounded_memory()
    {
        const int Small = 64 * 1024;
        var mails = Corpus.Mails().Where(mail => mail.Bytes.Length < Small).ToList();
        Gen.Select(
            Gen.Int[0, mails.Count - 1], Gen.Int[0, mails.Count - 1],
            Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.OneOf(Fragments), Gen.Int[0, 4]).Array[1, 8]).Sample(
            (one, other, changes) =>
                Hold(
                    changes.Aggregate(
                        mails[one].Bytes,
                        (mail, change) => Change(mail, mails[other].Bytes, change.Item1, change.Item2, change.Item3, change.Item4))),
            iter: 2_000);
    }

    private static byte[] Change(byte[] mail, byte[] other, double from, double to, string fragment, int kind)
    {
        var (start, end) = ((int)(Math.Min(from, to) * mail.Length), (int)(Math.Max(from, to) * mail.Length));
        return kind switch
        {
            0 => mail[..end],
            1 => [.. mail[..start], .. mail[end..]],
            2 => [.. mail[..start], .. other[(int)(from * other.Length)..], .. mail[start..]],
            3 => [.. mail[..end], .. mail[start..Math.Min(end, start + 5_000)], .. mail[end..]],
            _ => [.. mail[..start], .. Bytes(fragment), .. mail[start..]],
        };
    }

    private static void Hold(byte[] mail, long usual = FixedSmall)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = MailReader.ReadWithTextAsync(new MemoryStream(mail), null, TestContext.Current.CancellationToken);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(
            reading.IsCompletedSuccessfully,
            reading.Exception?.ToString() ?? "The reading left its thread, and what it allocates is not counted.");
        Assert.Equal(
            (Digest.Of(mail), mail.Length), (reading.GetAwaiter().GetResult().Sha256, (int)reading.GetAwaiter().GetResult().Bytes));
        Assert.InRange(allocated, 0, usual + (Multiple * mail.Length));
    }

    private static int Tag(int number) =>
        ((int[])
        [
            0x00069002, 0x00018010, 0x0006800F, 0x00069005, 0x00069003, 0x0002800C, 0x00018004, 0x00069004, 0x00069007, 0x00089006,
            0x12345678,
        ])[number];

    private static TnefDraft Many(int count, Func<TnefDraft, TnefDraft> add) =>
        Enumerable.Range(0, count).Aggregate(new TnefDraft(), (tnef, _) => add(tnef));

    private static byte[] Winmail(TnefDraft tnef) => A.Mail().Attachment("winmail.dat", "application/ms-tnef", tnef.Bytes()).Bytes();

    private static byte[] Repeat(string piece, string before = "", string after = "") =>
        Bytes(before + string.Concat(Enumerable.Repeat(piece, Size / piece.Length)) + after);

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
