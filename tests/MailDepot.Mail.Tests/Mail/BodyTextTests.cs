using System.Text;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

public sealed class BodyTextTests
{
    private const string Html = "<html><head><title>t</title><style>p{}</style></head><body><p>Dear&nbsp;Ben,</p><div>here is<br>the "
        + "<b>offer</b> &euro;&#8364;</div><script>x()</script></body></html>";

    private static readonly string Russian = string.Concat(
        Enumerable.Repeat("Съешь же ещё этих мягких французских булок, да выпей чаю. ", 3)).Trim();

    [Fact]
    public async Task Text_is_extracted_on_request_only()
    {
        Assert.Empty((await Read.MailAsync(A.Mail())).Texts);
        Assert.Equal("Dear Ben,\n\nhere is the offer.", Assert.Single((await Read.TextAsync(A.Mail().Bytes())).Texts).Text);
    }

    [Fact]
    public async Task Html_is_read_as_a_browser_shows_it() =>
        Assert.Equal(
            ("Dear Ben,\nhere is\nthe offer €€", TextForm.Html),
            Flat(await OnlyAsync("Content-Type: text/html; charset=utf-8\r\n\r\n", Encoding.UTF8.GetBytes(Html))));

    [Theory]
    [InlineData("Dear Ben, here is the offer", TextForm.Plain)]
    [InlineData("", TextForm.Html)]
    [InlineData(" \r\n", TextForm.Html)]
    [InlineData("HTML!", TextForm.Html)] // the HTML says so much more
    public async Task Of_alternatives_the_best_is_read(string plain, TextForm form)
    {
        var text = await OnlyAsync(
            "Content-Type: multipart/alternative; boundary=b\r\n\r\n",
            Encoding.UTF8.GetBytes(
                $"--b\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n--b\r\nContent-Type: text/html\r\n\r\n{Html}\r\n--b--\r\n"));

        Assert.Equal(form, text.Form);
    }

    [Theory]
    [InlineData("charset=windows-1251", "windows-1251", false)]
    [InlineData("charset=utf-8", "windows-1251", true)] // the label lies
    [InlineData("charset=us-ascii", "utf-8", false)]
    [InlineData("charset=iso-8859-1", "utf-8", false)]
    [InlineData("charset=nobody-knows", "koi8-r", true)]
    [InlineData("", "windows-1251", true)]
    [InlineData("charset=utf-16", "utf-16", false)]
    public async Task Charset_is_found_where_the_label_is_wrong(string label, string charset, bool guessed)
    {
        var text = await OnlyAsync(
            $"Content-Type: text/plain; {label}\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.GetEncoding(charset).GetBytes(Russian))));

        Assert.Equal((Russian, charset, guessed), (text.Text, text.Charset, text.CharsetGuessed));
    }

    [Theory]
    [InlineData("<bold>Now</bold> learn <<enriched>> text", "Now learn <enriched>> text")]
    [InlineData("<<bold>plain<</bold>", "<bold>plain</bold>")]
    [InlineData("<<<bold>Now</bold>", "<Now")]
    [InlineData("a << b && c &lt; d", "a < b && c &lt; d")] // an ampersand is only that
    [InlineData("<param>red</param>a <lt>b> c<nl>d", "a <b> c\nd")] // richtext
    public async Task Enriched_text_doubles_its_brackets(string written, string text)
    {
        Assert.Equal(
            (text, TextForm.Enriched), Flat(await OnlyAsync("Content-Type: text/enriched\r\n\r\n", Encoding.ASCII.GetBytes(written))));
        Assert.Equal(
            (text, TextForm.Enriched), Flat(await OnlyAsync("Content-Type: text/richtext\r\n\r\n", Encoding.ASCII.GetBytes(written))));
    }

    [Theory]
    [InlineData("<p>Read more <a href=\"https://example.com/a-lo")]
    [InlineData("<p>Read more <a href='https://example.com/' ")]
    [InlineData("<p>Read more</p")]
    [InlineData("<p>Read more<br/")]
    [InlineData("<p>Read more <!-- and")]
    [InlineData("<p>Read more <!DOCTY")]
    [InlineData("<p>Read more<")]
    [InlineData("<p>Read more<script>x(")]
    public async Task Half_a_tag_at_the_end_is_ignored(string html) =>
        Assert.Equal("Read more", (await OnlyAsync("Content-Type: text/html\r\n\r\n", Encoding.ASCII.GetBytes(html))).Text);

    [Fact]
    public async Task Bracket_outside_a_tag_stays() =>
        Assert.Equal("We <3 you, 1 < 2", (await OnlyAsync("Content-Type: text/html\r\n\r\n", "We <3 you, 1 < 2"u8.ToArray())).Text);

    [Theory]
    [InlineData("text/plain", "third\rstill third", "third\nstill third")]
    [InlineData("text/plain", "one\r\rtwo", "one\n\ntwo")]
    [InlineData("text/plain", "one \r two", "one\n two")]
    [InlineData("text/plain", "one\r\r\ntwo", "one\ntwo")] // a line end that was made twice
    [InlineData("text/plain", "one\r\ntwo\nthree\r", "one\ntwo\nthree")]
    [InlineData("text/html", "third\rstill third", "third still third")]
    [InlineData("text/enriched", "third\rstill third", "third still third")]
    public async Task Carriage_return_alone_separates_words(string type, string written, string text) =>
        Assert.Equal(text, (await OnlyAsync($"Content-Type: {type}\r\n\r\n", Encoding.ASCII.GetBytes(written))).Text);

    [Fact]
    public async Task Html_may_declare_its_charset()
    {
        byte[] html = [.. "<meta charset=koi8-r>"u8, .. Encoding.GetEncoding("koi8-r").GetBytes("Привет")];
        Assert.Equal("Привет", (await OnlyAsync("Content-Type: text/html\r\n\r\n", html)).Text);
    }

    [Fact]
    public async Task Texts_of_messages_inside_are_numbered_as_their_facts()
    {
        var deepest = A.Mail().Subject("deepest").Text("three").Boundary("deepest");
        var middle = A.Mail().Subject("middle").Text("two").Attached(deepest.Bytes()).Boundary("middle");
        var reading = await Read.TextAsync(
            A.Mail().Text("one").Attached(middle.Bytes()).Attached(A.Mail().Subject("last").Text("four").Bytes()).Bytes());

        Assert.Equal(
            ["0 one", "1 two", "2 three", "3 four"], reading.Texts.Select(text => $"{text.Message} {text.Text}"), StringComparer.Ordinal);
        Assert.Equal(["middle", "deepest", "last"], reading.Facts.Messages.Select(inside => inside.Facts.Subject), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Long_text_is_cut_and_flagged()
    {
        var text = await OnlyAsync(
            "Content-Type: text/plain\r\n\r\n",
            Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789\r\n", BodyText.MaxBytes / 10))));

        Assert.True(text.IsCut);
        Assert.InRange(text.Text.Length, BodyText.MaxBytes / 2, BodyText.MaxBytes);
    }

    [Fact]
    public async Task File_of_text_that_is_shown_inline_is_both_text_and_attachment()
    {
        var reading = await Read.TextAsync("Content-Type: text/plain; name=note.txt\r\n\r\nhello\r\n"u8.ToArray());

        Assert.Equal(("note.txt", "hello"), (Assert.Single(reading.Facts.Attachments).Name, Assert.Single(reading.Texts).Text));
    }

    private static async Task<BodyText> OnlyAsync(string header, byte[] body) =>
        Assert.Single(
            (await Read.TextAsync([.. Encoding.ASCII.GetBytes("Date: Mon, 23 Nov 2026 15:05:06 +0100\r\n" + header), .. body])).Texts);

    private static (string, TextForm) Flat(BodyText text) => (text.Text, text.Form);
}
