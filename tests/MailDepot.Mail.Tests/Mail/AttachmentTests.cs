using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

public sealed class AttachmentTests
{
    [Theory]
    [InlineData("base64", true)]
    [InlineData("base64", false)]
    [InlineData("quoted-printable", true)]
    [InlineData("quoted-printable", false)]
    [InlineData("8bit", true)]
    [InlineData("8bit", false)]
    [InlineData("binary", true)]
    public async Task Attachment_has_the_hash_of_the_file_that_was_attached(string encoding, bool crlf)
    {
        // Lengths around the two bytes held back for the part's end, with and without line ends.
        byte[][] files =
        [
            [], [7], "\n"u8.ToArray(), "\r\n"u8.ToArray(), "ab"u8.ToArray(), "end\n"u8.ToArray(), "a\rb"u8.ToArray(), LongText(),
            LongText()[..^2],
        ];
        var mail = crlf ? A.Mail() : A.Mail().WithLfOnly();
        foreach (var file in files)
        {
            mail = mail.Attachment("file.bin", "application/octet-stream", file, encoding);
        }

        var reading = await Read.MailAsync(mail);

        Assert.Equal(
            files.Select(file => ((long)file.Length, (Digest?)Digest.Of(file))),
            reading.Facts.Attachments.Select(kept => (kept.Bytes, kept.Sha256)));
        Assert.All(
            reading.Facts.Attachments, kept => Assert.Equal(("file.bin", "application/octet-stream"), (kept.Name, kept.ContentType)));
    }

    [Fact]
    public async Task Attachment_at_the_end_of_a_truncated_mail_keeps_its_last_line()
    {
        var mail = A.Mail().Attachment("file.txt", "text/plain", "one\r\ntwo\r\n"u8.ToArray(), "8bit").Bytes();
        var cut = mail.AsSpan(0, mail.AsSpan().LastIndexOf("\r\n--"u8)).ToArray();

        var kept = Assert.Single((await Read.MailAsync(cut)).Facts.Attachments);

        Assert.Equal(Digest.Of("one\r\ntwo\r\n"u8), kept.Sha256);
    }

    [Theory]
    [InlineData("Content-Type: text/plain", false)]
    [InlineData("Content-Type: text/html\nContent-Disposition: inline", false)]
    [InlineData("Content-Type: text/plain\nContent-Disposition: attachment", true)]
    [InlineData("Content-Type: text/csv; name=figures.csv", true)]
    [InlineData("Content-Type: IMAGE/PNG\nContent-Disposition: inline", true)]
    [InlineData("Content-Type: application/pgp-signature", true)]
    public async Task Attachment_is_what_people_would_save_as_a_file(string header, bool isAttachment)
    {
        var reading = await Read.MailAsync(A.Mail().Part(header + "\n", "x"u8.ToArray()));

        Assert.Equal(isAttachment ? 1 : 0, reading.Facts.Attachments.Length);
        Assert.All(reading.Facts.Attachments, kept => Assert.Equal(kept.ContentType.ToLowerInvariant(), kept.ContentType));
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("text/")]
    [InlineData("text plain")]
    [InlineData("/plain")]
    [InlineData("plain")]
    [InlineData("\"text/plain\"")]
    [InlineData(";;;=charset")]
    [InlineData("charset=us-ascii")]
    [InlineData("; charset=koi8-r", "koi8-r")]
    [InlineData("text; charset=koi8-r", "koi8-r")]
    public async Task Type_that_cannot_be_read_is_plain_text(string type, string charset = "us-ascii")
    {
        var text = $"Content-Type: {type}\r\n\r\nStill a text.\r\n";
        foreach (var mail in new[] { text, $"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{text}--b--\r\n" })
        {
            var reading = await Read.TextAsync(System.Text.Encoding.ASCII.GetBytes("Date: Mon, 23 Nov 2026 15:05:06 +0100\r\n" + mail));

            Assert.Empty(reading.Facts.Attachments);
            Assert.Equal(("Still a text.", charset), (Assert.Single(reading.Texts).Text, reading.Texts[0].Charset));
        }
    }

    [Theory]
    [InlineData("Content-Type: pdf\nContent-Disposition: attachment")]
    [InlineData("Content-Type: pdf\nContent-Disposition: inline; filename=offer.pdf")]
    [InlineData("Content-Type: pdf; name=offer.pdf")]
    [InlineData("Content-Type: image")]
    [InlineData("Content-Type: Application; x=y")]
    [InlineData("Content-Type: application/octet-stream")]
    public async Task File_whose_type_cannot_be_read_stays_a_file(string header) =>
        Assert.Equal(
            "application/octet-stream",
            Assert.Single((await Read.MailAsync(A.Mail().Part(header + "\n", [1]))).Facts.Attachments).ContentType);

    [Theory]
    [InlineData("text/rfc822-headers")]
    [InlineData("Text/RFC822-Headers; charset=us-ascii")]
    public async Task Header_of_a_returned_mail_is_an_attachment(string type)
    {
        var facts = (await Read.MailAsync(A.Bounce(A.Mail().Subject("Your order").Bytes(), type))).Facts;

        Assert.Contains(facts.Attachments, file => file is { Name: null, ContentType: "text/rfc822-headers", Bytes: > 0 });
        Assert.Empty(facts.Messages);
    }

    [Theory]
    [InlineData("Content-Type: image/png\nContent-Disposition: attachment; filename*=utf-8''%C3%84nderung.png")]
    [InlineData("Content-Type: image/png\nContent-Disposition: attachment; filename=\"=?utf-8?q?=C3=84nderung.png?=\"")]
    [InlineData("Content-Type: image/png; name*0*=utf-8''%C3%84nder; name*1=ung.png")]
    public async Task File_name_is_decoded_however_it_was_encoded(string header) =>
        Assert.Equal("Änderung.png", Assert.Single((await Read.MailAsync(A.Mail().Part(header + "\n", [1]))).Facts.Attachments).Name);

    [Fact]
    public async Task Attached_message_is_an_attachment_named_for_its_file_or_its_subject()
    {
        var inner = A.Mail().Subject("=?utf-8?q?J=C3=B6rg?=").Bytes();

        var reading = await Read.MailAsync(
            A.Mail().Attached(inner).Attached(inner, "forwarded.eml").Attached(A.Mail().Subject(null).Bytes()));

        Assert.Equal(["Jörg.eml", "forwarded.eml", null], reading.Facts.Attachments.Select(kept => kept.Name), StringComparer.Ordinal);
        Assert.Equal(inner.Length, reading.Facts.Attachments[0].Bytes);
        Assert.All(reading.Facts.Attachments, kept => Assert.Equal(("message/rfc822", null), (kept.ContentType, kept.Sha256)));
    }

    [Fact]
    public async Task Mail_that_consists_of_a_file_has_it_as_attachment()
    {
        byte[] mail =
        [
            .. "Subject: scan\r\nContent-Type: application/pdf; name=scan.pdf\r\n"u8,
            .. "Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n"u8,
        ];

        Assert.Equal(
            [new Attachment("scan.pdf", "application/pdf", 4, Digest.Of("%PDF"u8))], (await Read.MailAsync(mail)).Facts.Attachments);
    }

    private static byte[] LongText() =>
        [.. Enumerable.Range(0, 900).SelectMany(n => System.Text.Encoding.UTF8.GetBytes($"Zeile {n} = größer als {n - 1}\r\n"))];
}
