using System.Text;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Subjects and names as real programs write them.</summary>
public sealed class HeaderTextTests
{
    [Theory]
    [InlineData("=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Grüße")] // a letter over two words
    [InlineData("=?utf-8?b?w7?=\n =?utf-8?b?w=?=", "ü")] // base64 over two words
    [InlineData("=?utf-8?b?w7w?=", "ü")] // without padding
    [InlineData("=?utf-8?b?w7w=w7w=?=", "üü")] // padding inside
    [InlineData("=?utf-8?q?with space =C3=BC in?=", "with space ü in")]
    [InlineData("=?utf-8?q?missing_end=C3=BC", "missing endü")]
    [InlineData("=?utf-8?q?missing_end=C3=BC? and more", "missing endü and more")]
    [InlineData("=?utf-8?q?one_=?utf-8?q?two?=", "one two")] // the first has no end
    [InlineData("=?iso-8859-1?q?=C3=BC?=", "ü")] // says Latin 1, is UTF-8
    [InlineData("=?us-ascii?q?=C3=BC?=", "ü")]
    [InlineData("=?utf-8?q?=FC?=", "ü")] // says UTF-8, is Latin 1
    [InlineData("=?iso-8859-1?q?=80uro_=93so=94?=", "€uro “so”")] // says Latin 1, is windows-1252
    [InlineData("=?unknown-8bit?q?=C3=BC?=", "ü")]
    [InlineData("=?x-nobody-knows?q?=FC?=", "ü")]
    [InlineData("=?utf8?q?=C3=BC?=", "ü")]
    [InlineData("=?utf-8*de?q?=C3=BC?=", "ü")]
    [InlineData("=?gb2312?B?1tDOxIGM?=", "中文亴")] // a letter that only GBK has
    [InlineData("=?gb2312?B?0aE=?=", "选")] // would be UTF-8, too
    [InlineData("=?gb2312?B?5Lit5paH?=", "中文")] // says GB 2312, is UTF-8
    [InlineData("=?iso-2022-jp?b?GyRCJUYl?= =?iso-2022-jp?b?OSVIGyhC?=", "テスト")]
    [InlineData("=?cp932?b?g2WDWINn?=", "テスト")]
    [InlineData("pre=?utf-8?q?=C3=BC?=post", "preüpost")]
    [InlineData("=?utf-8?x?abc?=", "=?utf-8?x?abc?=")]
    [InlineData("a =?= b =? c ?=", "a =?= b =? c ?=")]
    [InlineData("Grüße", "Grüße")] // RFC 6532
    public async Task Subject_is_read_however_it_is_written(string field, string subject)
    {
        var facts = (await Read.MailAsync(A.Mail().Subject(field))).Facts;

        Assert.Equal(subject, facts.Subject);
        Assert.Equal(field.Contains("=FC", StringComparison.Ordinal), facts.Flags.Contains(MailFlag.CharsetGuessed));
    }

    [Theory]
    [InlineData("=?utf-8?q?J=C3=B6rg?= <joerg@example.com>")]
    [InlineData("\"=?utf-8?q?J=C3=B6rg?=\" <joerg@example.com>")]
    [InlineData("\"'=?utf-8?q?J=C3=B6rg?='\" <joerg@example.com>", "'Jörg'")]
    [InlineData("=?iso-8859-1?q?J=C3=B6rg?= <joerg@example.com>")]
    [InlineData("=?utf-8?b?SsO2cmc?= <joerg@example.com>")]
    [InlineData("=?utf-8?q?Lind,_J=C3=B6rg?= <joerg@example.com>", "Lind, Jörg")]
    [InlineData("joerg@example.com (Jörg)")]
    public async Task Name_beside_an_address_is_read_however_it_is_written(string field, string name = "Jörg")
    {
        var facts = (await Read.MailAsync(A.Mail().From(field).Field("Sender", field).Field("Reply-To", field))).Facts;

        var expected = new EmailAddress("joerg@example.com", name);
        Assert.Equal([expected, expected, expected], [.. facts.From, facts.Sender, .. facts.ReplyTo]);
    }

    [Theory]
    [InlineData("windows-1251", "Привет, мир")]
    [InlineData("koi8-r", "Привет, мир")]
    [InlineData("shift_jis", "テストです")]
    [InlineData("windows-1252", "Grüße “so”")]
    public async Task Raw_bytes_in_a_header_are_read_in_the_charset_of_the_body(string charset, string subject)
    {
        var bytes = new MailWriter("\r\n").Line("From: anna@example.com");
        var mail = bytes.ToArray().Concat("Subject: "u8.ToArray()).Concat(Encoding.GetEncoding(charset).GetBytes(subject))
            .Concat(
                Encoding.ASCII.GetBytes(
                    $"\r\nDate: Mon, 23 Nov 2026 15:05:06 +0100\r\nContent-Type: text/plain; charset={charset}\r\n\r\nx\r\n"));

        var facts = (await Read.MailAsync([.. mail])).Facts;

        Assert.Equal(subject, facts.Subject);
        Assert.Equal([MailFlag.CharsetGuessed], facts.Flags);
    }

    [Theory]
    [InlineData("Mon, 23 Nov 2026 15:05:06 +0100", "2026-11-23T15:05:06+01:00", null)]
    [InlineData("2026-11-23T15:05:06Z", "2026-11-23T15:05:06+00:00", null)]
    [InlineData("1 Jan 103 00:00:00 GMT", "2003-01-01T00:00:00+00:00", null)]
    [InlineData("Fri, 21 Nov 97 09:55:06 -0600", "1997-11-21T09:55:06-06:00", null)]
    [InlineData("", "2026-11-24T08:00:00+00:00", MailFlag.DateMissing)]
    [InlineData("yesterday at noon", "2026-11-24T08:00:00+00:00", MailFlag.DateUnreadable)]
    [InlineData("Thu, 1 Jan 1970 00:00:00 +0000", "2026-11-24T08:00:00+00:00", MailFlag.DateAbsurd)]
    [InlineData("Mon, 01 Jan 0001 00:00:00 +0000", "2026-11-24T08:00:00+00:00", MailFlag.DateAbsurd)]
    [InlineData("Fri, 27 Nov 2026 15:05:06 +0100", "2026-11-24T08:00:00+00:00", MailFlag.DateAbsurd)]
    public async Task Date_that_is_not_credible_is_replaced_by_the_newest_hops(string field, string date, MailFlag? flag)
    {
        const string Header = "Received: from a by b; Tue, 24 Nov 2026 08:00:00 +0000\r\n"
            + "Received: from c by a; Mon, 2 Nov 2026 08:00:00 +0000\r\n";
        var facts = (await Read.MailAsync(Encoding.UTF8.GetBytes($"{Header}Date: {field}\r\n\r\n"))).Facts;

        Assert.Equal(date, facts.Date?.ToString("yyyy-MM-ddTHH:mm:sszzz", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(flag is { } expected ? [expected] : [], facts.Flags);
        Assert.Equal(flag is MailFlag.DateUnreadable or MailFlag.DateAbsurd ? field : null, facts.DateText);
    }

    [Fact]
    public async Task Date_in_the_far_future_is_absurd_even_without_a_hop() =>
        Assert.Null((await Read.MailAsync("Date: Mon, 23 Nov 2126 15:05:06 +0100\r\n\r\n"u8.ToArray())).Facts.Date);

    [Fact]
    public async Task Header_longer_than_its_allowance_is_flagged() =>
        Assert.Contains(
            MailFlag.HeaderCut,
            (await Read.MailAsync(A.Mail().Cc(string.Join(", ", Enumerable.Repeat("person@example.com", 40_000))))).Facts.Flags);

    [Fact]
    public async Task Malformed_address_field_is_flagged() =>
        Assert.Equal([MailFlag.AddressBroken], (await Read.MailAsync(A.Mail().To("<<>>, ben@example.org"))).Facts.Flags);

    [Theory]
    [InlineData("Subject: Old Mac\rFrom: anna@example.com\rTo: ben@example.net,\r cara@example.net\r\rTo: nobody@example.com\r")]
    [InlineData("X-Mailer: Mac\rFrom: anna@example.com\rTo: ben@example.net, cara@example.net\rSubject: Old Mac\rX-Face: no\r\r\n")]
    [InlineData(
        "Received: from a by b\r\nFrom: anna@example.com\rTo: ben@example.net\rTo: cara@example.net\rSubject: Old\r Mac\r\rOne.\r\n")]
    public async Task Fields_separated_by_carriage_returns_alone_are_fields(string mail)
    {
        foreach (var facts in new[]
        {
            (await Read.MailAsync(Encoding.ASCII.GetBytes(mail))).Facts,
            Assert.Single((await Read.MailAsync(A.Mail().Attached(Encoding.ASCII.GetBytes(mail)))).Facts.Messages).Facts,
        })
        {
            Assert.Equal("Old Mac", facts.Subject);
            Assert.Equal("anna@example.com", Assert.Single(facts.From).Address);
            Assert.Equal(["ben@example.net", "cara@example.net"], facts.To.Select(to => to.Address));
        }
    }

    [Theory]
    [InlineData("Subject: offer\rBcc: cara@example.net\r\nTo: ben@example.net\r\n\r\n")]
    [InlineData("Subject: offer\rNote: hello\rSee: above\r\nTo: ben@example.net\r\n\r\n")]
    [InlineData("Subject: offer\r\r\r\nTo: ben@example.net\r\n\r\n")]
    public async Task Carriage_return_inside_a_field_does_not_split_it(string mail)
    {
        var facts = (await Read.MailAsync(Encoding.ASCII.GetBytes(mail))).Facts;

        Assert.StartsWith("offer", facts.Subject, StringComparison.Ordinal);
        Assert.Equal("ben@example.net", Assert.Single(facts.To).Address);
        Assert.Empty(facts.Bcc);
    }
}
