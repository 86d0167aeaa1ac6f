using System.Collections.Immutable;
using System.Text;
using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Tests.Journal;

/// <summary>Reports of a server that preserves rich text, with envelope and mail packed in a winmail.dat (MS-OXTNEF).</summary>
public sealed class TnefReportTests
{
    private const string Envelope = "Sender: anna@example.com\nSubject: Привет\nMessage-ID: <offer-1@example.com>\n"
        + "To: ben@example.org\nBcc: cleo@example.org, Expanded: all@example.org\n";

    private static readonly DateTimeOffset Sent = new(2026, 11, 23, 14, 5, 6, TimeSpan.Zero);

    /// <summary>The forms of an envelope in TNEF, and the places of the report's part.</summary>
    public static TheoryData<string> Forms { get; } =
    [
        "unicode", "method first", "code page 1251", "code page 932", "legacy body", "html in utf-8", "html in windows-1251",
        "html as text", "rtf", "html in rtf", "plain and html",
        "beside an empty text", "beside a footer", "before a footer", "in a bounce", "lf", "vnd.ms-tnef", "octet-stream", "plain beside",
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Recipients_of_the_envelope_are_found_in_every_form(string form)
    {
        var report = (await Read.ReportAsync(Report(form)))!;

        Assert.Equal("anna@example.com", report.Envelope.Sender);
        Assert.Equal(
            [new("ben@example.org", RecipientKind.To), new JournalRecipient("cleo@example.org", RecipientKind.Bcc, "all@example.org")],
            report.Envelope.Recipients);
        Assert.Equal("offer-1@example.com", report.Envelope.MessageId);
        Assert.Equal(form is "code page 932" ? "テスト" : form is "plain beside" ? null : "Привет", report.Envelope.Subject);
        Assert.Equal(
            ("Offer", "offer-1@example.com", "anna@example.com"),
            (report.Inside!.Subject, report.Inside.MessageId, report.Inside.From[0].Address));
        Assert.Equal(["offer.pdf", null], report.Inside.Attachments.Select(one => one.Name)); // and the message inside
        Assert.Null(report.Split);
    }

    [Fact]
    public async Task Facts_of_the_mail_inside_come_from_that_mail()
    {
        var inside = (await Read.ReportAsync(Report("unicode")))!.Inside!;

        Assert.Equal(Sent, inside.Date);
        Assert.Equal([new EmailAddress("ben@example.org", "Ben"), new EmailAddress("/O=EXAMPLE/CN=DORA", "Dora")], inside.To);
        Assert.Equal([new EmailAddress("emil@example.org")], inside.Cc);
        Assert.Empty(inside.Flags);
        Assert.Equal(Digest.Of("%PDF-1.4 offer"u8), inside.Attachments[0].Sha256);
        Assert.Equal([(1, "forwarded")], inside.Messages.Select(one => (one.Depth, one.Facts.Subject!)));
    }

    [Fact]
    public async Task A_header_that_Exchange_kept_says_more_than_the_properties()
    {
        var mail = new TnefDraft().Properties(
            TnefDraft.Unicode(0x0037, "Offer"),
            TnefDraft.Unicode(
                0x007D,
                "From: Anna Lind <anna@example.com>\r\nTo: Ben <ben@example.org>\r\nSubject: =?utf-8?Q?B=C3=BCcher?=\r\n"
                    + "Date: Mon, 23 Nov 2026 15:05:06 +0100\r\n"));
        var whole = Whole(Part(new TnefDraft().Properties(TnefDraft.Unicode(0x1000, Envelope)).Message(mail)));
        var inside = (await Read.ReportAsync(whole))!.Inside!;

        Assert.Equal(
            ("Bücher", Sent, "anna@example.com", "ben@example.org"),
            (inside.Subject, inside.Date, inside.From[0].Address, inside.To[0].Address));
        Assert.Empty(inside.Flags);
    }

    [Fact]
    public async Task Two_mails_in_one_winmail_dat_count_as_several()
    {
        var report = (await Read.ReportAsync(Whole(Part(new TnefDraft().Properties(TnefDraft.Unicode(0x1000, Envelope))
            .Message(Mail()).Message(new TnefDraft().Properties(TnefDraft.Unicode(0x0037, "decrypted")))))))!;

        Assert.True(report.HasSeveral);
        Assert.Equal("decrypted", report.Inside!.Messages[^1].Facts.Subject);
    }

    [Fact]
    public async Task Truncated_winmail_dat_is_read_up_to_its_end()
    {
        var tnef = new TnefDraft().Properties(TnefDraft.Unicode(0x1000, Envelope)).Message(Mail()).Bytes();
        for (var length = 4; length < tnef.Length; length += 31)
        {
            var report = (await Read.ReportAsync(Whole(Part(tnef[..length]))))!;
            Assert.Contains(MailFlag.TnefBroken, (report.Inside ?? (await Read.MailAsync(Whole(Part(tnef[..length])))).Facts).Flags);
            Assert.Equal(length > Envelope.Length * 2 + 100 ? 2 : report.Envelope.Recipients.Length, report.Envelope.Recipients.Length);
        }
    }

    [Fact]
    public async Task Winmail_dat_without_a_claim_is_an_ordinary_attachment()
    {
        var mail = await Read.MailAsync(
            Whole(Part(new TnefDraft().Properties(TnefDraft.Unicode(0x1000, Envelope)).Message(Mail())), claim: ""));
        Assert.Null(mail.Tnef);
        Assert.Empty(mail.Facts.Messages);
    }

    [Theory]
    [InlineData(
        @"{\rtf1\ansi\ansicpg1251 {\fonttbl{\f0 Arial;}}{\*\generator X;}\'cf\'f0\par a\\b\{c\}\line x\~y\tab z\_}",
        "Пр\na\\b{c}\nx y\tz-")]
    [InlineData(@"{\rtf1\uc1 \u1055?\u1088\'3f{\uc2\u252 ??}\u-3913?.\bin3 }}}end}", "Пр\u00fc\uf0b7.end")]
    [InlineData("{\\rtf1 one\\\ntwo\r\nthree", "one\ntwothree")]
    [InlineData(@"}}}\", "")]
    public void Rtf_gives_letters_and_line_ends(string rtf, string text) => Assert.Equal(text, RtfText.Of(Encoding.ASCII.GetBytes(rtf)));

    private static TnefDraft Mail() => new TnefDraft()
        .Properties(
            TnefDraft.Unicode(0x0037, "Offer"), TnefDraft.Unicode(0x1035, "<offer-1@example.com>"), TnefDraft.Unicode(0x1000, "Dear Ben"),
            TnefDraft.Unicode(0x0C1F, "anna@example.com"), TnefDraft.Time(0x0039, Sent))
        .Recipients(
            [TnefDraft.Number(0x0C15, 1), TnefDraft.Unicode(0x39FE, "ben@example.org"), TnefDraft.Unicode(0x3001, "Ben")],
            [TnefDraft.Number(0x0C15, 1), TnefDraft.Unicode(0x3003, "/O=EXAMPLE/CN=DORA"), TnefDraft.Unicode(0x3001, "Dora")],
            [TnefDraft.Number(0x0C15, 2), TnefDraft.Unicode(0x3003, "emil@example.org")])
        .File("offer.pdf", "%PDF-1.4 offer"u8.ToArray())
        .Message(new TnefDraft().Properties(TnefDraft.Unicode(0x0037, "forwarded")));

    private static byte[] Report(string form)
    {
        var crlf = Envelope.ReplaceLineEndings("\r\n");
        var japanese = crlf.Replace("Привет", "テスト", StringComparison.Ordinal);
        var escaped = Envelope.Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
        var lines = string.Concat(escaped.Split('\n').Select(line => $"<p>{line}</p>\r\n"));
        var html = $"<html><head><style>p {{}}</style></head><body>{lines}</body></html>";
        var rtf = @"{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fswiss Sender: Arial;}}{\colortbl;\red0;}\pard " + Rtf(Envelope, @"\par ")
            + "}";
        var htmlRtf = @"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag19 <html>}{\*\htmltag64 <p>}"
            + Rtf(Envelope, @"\htmlrtf\par\htmlrtf0{\*\htmltag72 </p>}") + "}";
        var cyrillic = Encoding.GetEncoding(1251);
        var plain = new TnefDraft().Properties(TnefDraft.Unicode(0x1000, crlf)).Message(Mail());
        TnefDraft Of(params (uint Tag, byte[] Value)[] properties) => new TnefDraft().Properties(properties).Message(Mail());
        return form switch
        {
            "unicode" => Whole(Part(plain)),
            "method first" => Whole(Part(new TnefDraft().Properties(TnefDraft.Unicode(0x1000, crlf)).Message(Mail(), methodFirst: true))),
            "code page 1251" =>
                Whole(Part(new TnefDraft().CodePage(1251).Properties(TnefDraft.Eight(0x1000, cyrillic.GetBytes(crlf))).Message(Mail()))),
            "code page 932" =>
                Whole(
                    Part(
                        new TnefDraft().CodePage(932).Properties(TnefDraft.Eight(0x1000, Encoding.GetEncoding(932).GetBytes(japanese)))
                            .Message(Mail()))),
            "legacy body" =>
                Whole(Part(new TnefDraft().CodePage(1251).Attribute(1, 0x0002800C, [.. cyrillic.GetBytes(crlf), 0]).Message(Mail()))),
            "html in utf-8" => Whole(Part(Of((0x10130102, Encoding.UTF8.GetBytes(html)), TnefDraft.Number(0x3FDE, 65001)))),
            "html in windows-1251" => Whole(Part(Of((0x10130102, cyrillic.GetBytes(html)), TnefDraft.Number(0x3FDE, 1251)))),
            "html as text" => Whole(Part(Of(TnefDraft.Unicode(0x1013, html)))),
            "rtf" => Whole(Part(Of(TnefDraft.Rtf(rtf)))),
            "html in rtf" => Whole(Part(Of(TnefDraft.Rtf(htmlRtf)))),
            "plain and html" => Whole(Part(Of(TnefDraft.Unicode(0x1000, "See the HTML part."), TnefDraft.Unicode(0x1013, html)))),
            "beside an empty text" => Whole(Mixed("Content-Type: text/plain\r\n\r\n\r\n", Part(plain))),
            "beside a footer" => Whole(Mixed("Content-Type: text/plain\r\n\r\nScanned by: a gateway\r\n", Part(plain))),
            "before a footer" => Whole(Mixed(Part(plain), "Content-Type: text/plain\r\n\r\nScanned.\r\n")),
            "in a bounce" => A.Bounce(Whole(Part(plain))),
            "lf" =>
                Encoding.Latin1.GetBytes(
                    Encoding.Latin1.GetString(Whole(Part(Of(TnefDraft.Unicode(0x1000, Envelope))))).ReplaceLineEndings("\n")),
            "vnd.ms-tnef" => Whole(Part(plain, "application/vnd.ms-tnef")),
            "octet-stream" => Whole(Part(plain, "application/octet-stream; name=winmail.dat")),
            _ => Whole(Mixed(
                "Content-Type: text/plain; charset=utf-8\r\n\r\n" + crlf.Replace("Subject: Привет\r\n", "", StringComparison.Ordinal),
                Part(Of(TnefDraft.Unicode(0x1000, "nothing"))))),
        };
    }

    private static string Rtf(string text, string lineEnd) => string.Concat(text.Select(c => c switch
    {
        '\n' => lineEnd,
        > '~' => $@"\u{(int)c}?",
        _ => $"{c}",
    }));

    private static byte[] Whole(string part, string claim = "X-MS-Journal-Report:\r\n") => Encoding.UTF8.GetBytes(
        "From: Anna Lind <anna@example.com>\r\nTo: Ben <ben@example.org>\r\nSubject: Offer\r\nDate: Mon, 23 Nov 2026 15:05:09 +0100\r\n"
        + $"Message-ID: <report@journal>\r\n{claim}MIME-Version: 1.0\r\n{part}");

    private static string Mixed(params ImmutableArray<string> parts) =>
        $"Content-Type: multipart/mixed; boundary=b1\r\n\r\n{string.Concat(parts.Select(part => $"--b1\r\n{part}\r\n"))}--b1--\r\n";

    private static string Part(TnefDraft tnef, string type = "application/ms-tnef; name=winmail.dat") => Part(tnef.Bytes(), type);

    private static string Part(byte[] tnef, string type = "application/ms-tnef; name=winmail.dat") =>
        $"Content-Type: {type}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + Convert.ToBase64String(tnef, Base64FormattingOptions.InsertLineBreaks) + "\r\n";
}
