using System.Text;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Letters in a charset that is rare, misread by .NET, or not quite the declared one.</summary>
public sealed class CharsetTests
{
    private const string Sentence = "お世話になっております。ご注文の商品を本日発送いたしました。";

    [Theory]
    [InlineData("shift_jis", "EEE08BB4", "髙橋")]
    [InlineData("cp932", "EEE08BB4", "髙橋")]
    [InlineData("shift_jis", "FBFC8BB4", "髙橋")] // in IBM's own rows
    [InlineData("shift_jis", "ED40EEEC", "纊黑")] // the first of them, and the last
    [InlineData("shift_jis", "EEEFEEFA", "ⅰ￤")]
    [InlineData("shift_jis", "8145EEE0", "・髙")] // a middle dot that is one
    [InlineData("euc-jp", "FCE2B6B6", "髙橋")]
    [InlineData("iso-2022-jp", "1B24427C6236361B2842", "髙橋")]
    public async Task Ibm_characters_are_read_in_the_nec_rows(string charset, string hexadecimal, string text)
    {
        var bytes = Convert.FromHexString(hexadecimal);
        var body = await OfAsync(charset, bytes);
        var subject = (await Read.MailAsync(A.Mail().Subject($"=?{charset}?b?{Convert.ToBase64String(bytes)}?="))).Facts;

        Assert.Equal((text, false), (body.Text, body.CharsetGuessed));
        Assert.Equal(text, subject.Subject);
        Assert.Empty(subject.Flags);
    }

    [Theory]
    [InlineData("shift_jis", "81AD")]
    [InlineData("euc-jp", "F4FE")]
    public async Task One_invalid_letter_does_not_disprove_the_label(string charset, string hexadecimal)
    {
        var body = await OfAsync(
            charset, [.. Encoding.GetEncoding(charset).GetBytes(Sentence), .. Convert.FromHexString(hexadecimal), .. "."u8]);

        Assert.StartsWith(Sentence + "\uFFFD", body.Text, StringComparison.Ordinal);
        Assert.True(body.CharsetGuessed);
    }

    [Fact]
    public async Task Western_letters_disprove_the_label() =>
        Assert.Equal(
            "Prüfung für Jörg: 5 €", (await OfAsync("shift_jis", Encoding.GetEncoding(1252).GetBytes("Prüfung für Jörg: 5 €"))).Text);

    [Theory]
    [InlineData("Hi Mom -+Jjo--!", "Hi Mom -☺-!")] // the examples of RFC 2152
    [InlineData("A+ImIDkQ.", "A≢Α.")]
    [InlineData("+ZeVnLIqe-", "日本語")]
    [InlineData("Item 3 is +AKM-1.", "Item 3 is £1.")]
    [InlineData("+2D3eAA-", "😀")] // two units
    [InlineData("1 +- 1", "1 + 1")]
    [InlineData("+AOQ", "ä")] // to the end of the text
    [InlineData("+AOQ +APY-", "ä ö")]
    [InlineData("1+1=2, C++, a+b-c, +49 30 123", "1+1=2, C++, a+b-c, +49 30 123")] // encodes nothing
    [InlineData("+2D0-", "+2D0-")] // half a letter
    [InlineData("+ANx-", "+ANx-")] // bits are left
    public async Task Utf_7_is_read_where_the_label_says_so(string written, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(written);
        var body = await OfAsync("utf-7", bytes);

        Assert.Equal((text, "utf-7", false), (body.Text, body.Charset, body.CharsetGuessed));
        Assert.Equal(text, (await OfAsync("UNICODE-1-1-UTF-7", bytes)).Text);
        Assert.Equal(text, (await Read.MailAsync(A.Mail().Subject($"=?utf-7?b?{Convert.ToBase64String(bytes)}?="))).Facts.Subject);
        Assert.Equal(written, (await OfAsync("us-ascii", bytes)).Text);
    }

    [Fact]
    public async Task Html_can_not_declare_itself_utf_7() =>
        Assert.Equal("+AOQ-", (await OnlyAsync("text/html", "<meta charset=utf-7>+AOQ-"u8.ToArray())).Text);

    [Theory]
    [InlineData("utf-7")]
    [InlineData("iso-2022-jp")]
    [InlineData("hz-gb-2312")]
    public async Task Non_ASCII_bytes_disprove_a_charset_that_has_none(string charset)
    {
        var body = await OfAsync(charset, Encoding.GetEncoding(1252).GetBytes("Prüfung"));

        Assert.Equal(("Prüfung", "windows-1252", true), (body.Text, body.Charset, body.CharsetGuessed));
        Assert.Equal(
            "Prüfung",
            (await Read.MailAsync(Encoding.Latin1.GetBytes($"Subject: Prüfung\r\nContent-Type: text/plain; charset={charset}\r\n\r\n")))
                .Facts.Subject);
    }

    private static Task<BodyText> OfAsync(string charset, byte[] bytes) => OnlyAsync($"text/plain; charset={charset}", bytes);

    private static async Task<BodyText> OnlyAsync(string type, byte[] bytes) =>
        Assert.Single((await Read.TextAsync([.. Encoding.ASCII.GetBytes($"Content-Type: {type}\r\n\r\n"), .. bytes])).Texts);
}
