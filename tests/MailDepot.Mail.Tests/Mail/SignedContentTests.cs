using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>The content of S/MIME signed data belongs to the mail: no key is needed to read it (RFC 8551 §3.5.2).</summary>
public sealed class SignedContentTests
{
    private static readonly byte[] Entity =
        """
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/plain

        The signed offer.
        --b
        Content-Type: application/pdf; name=offer.pdf

        %PDF-1.4
        --b
        Content-Type: message/rfc822

        Subject: inside

        x
        --b--

        """u8.ToArray();

    public static TheoryData<string, byte[]> Forms => new()
    {
        { "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", CmsDraft.Der(Entity) },
        { "application/x-pkcs7-mime; name=smime.p7m", CmsDraft.Der(Entity) },
        { "application/octet-stream; name=smime.p7m", CmsDraft.Der(Entity) },
        { "application/pkcs7-mime; name=smime.p7m", CmsDraft.Ber(Entity, 1_000) },
        { "application/pkcs7-mime; name=smime.p7m", CmsDraft.Ber(Entity, 3) },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Text_files_and_messages_in_signed_content_belong_to_the_mail(string type, byte[] cms)
    {
        var mail = A.Mail().Text("").Part($"Content-Type: {type}\nContent-Transfer-Encoding: base64\n", cms, "base64").Bytes();

        var reading = await Read.TextAsync(mail);

        Assert.Equal(
            [("smime.p7m", null), ("offer.pdf", "smime.p7m"), ("inside.eml", "smime.p7m")],
            reading.Facts.Attachments.Select(file => (file.Name, file.UnpackedFrom)));
        Assert.Equal((Digest.Of(cms), Digest.Of("%PDF-1.4"u8)), (reading.Facts.Attachments[0].Sha256, reading.Facts.Attachments[1].Sha256));
        Assert.Equal("inside", Assert.Single(reading.Facts.Messages).Facts.Subject);
        Assert.Equal("The signed offer.", reading.Texts[0].Text);
        Assert.Equal([MailFlag.SmimeSigned], reading.Facts.Flags);
        Assert.Equal(reading.Facts.Attachments.AsEnumerable(), (await Read.MailAsync(mail)).Facts.Attachments);
    }

    [Fact]
    public async Task Signed_mail_is_read_like_any_other()
    {
        byte[] mail = [.. "Subject: s\r\nContent-Type: application/pkcs7-mime\r\n\r\n"u8, .. CmsDraft.Der(Entity)];

        var facts = (await Read.MailAsync(mail)).Facts;

        Assert.Equal([null, "offer.pdf", "inside.eml"], facts.Attachments.Select(file => file.Name));
        Assert.Equal([null, "smime.p7m", "smime.p7m"], facts.Attachments.Select(file => file.UnpackedFrom));
    }

    [Fact]
    public async Task Signed_content_inside_signed_content_is_opened_too()
    {
        byte[] signed = [.. "Content-Type: application/pkcs7-mime; name=inner.p7m\r\n\r\n"u8, .. CmsDraft.Ber(Entity, 50)];

        var facts = (await Read.MailAsync(A.Mail().Attachment("smime.p7m", "application/pkcs7-mime", CmsDraft.Der(signed)))).Facts;

        Assert.Equal(["smime.p7m", "inner.p7m", "offer.pdf", "inside.eml"], facts.Attachments.Select(file => file.Name));
        Assert.Equal([MailFlag.SmimeSigned], facts.Flags);
    }

    [Fact]
    public async Task Truncated_signed_content_is_read_up_to_its_end_and_flagged()
    {
        foreach (var cms in new[] { CmsDraft.Der(Entity), CmsDraft.Ber(Entity, 20) })
        {
            var facts = (await Read.MailAsync(A.Mail().Attachment("smime.p7m", "application/pkcs7-mime", cms[..^60]))).Facts;

            Assert.Equal(["smime.p7m", "offer.pdf"], facts.Attachments.Take(2).Select(file => file.Name));
            Assert.Contains(MailFlag.ContentUncertain, facts.Flags);
        }
    }

    public static TheoryData<byte[]> WithoutContent => new()
    {
        CmsDraft.Der(null), // detached, or certificates only
        CmsDraft.Der(Entity, wraps: "1.2.840.113549.1.9.16.1.1"), // a signed receipt (RFC 2634 §2.8)
        CmsDraft.Der("%PDF-1.4 signed as it is"u8.ToArray()), // no part of a mail
        CmsDraft.Der([]),
        CmsDraft.Der(Entity)[1..],
        CmsDraft.Der(Entity)[..20],
    };

    [Theory]
    [MemberData(nameof(WithoutContent))]
    public async Task Signed_content_that_is_not_a_MIME_part_is_a_file(byte[] cms)
    {
        var facts = (await Read.MailAsync(A.Mail().Attachment("smime.p7m", "application/pkcs7-mime", cms))).Facts;

        Assert.Equal(("smime.p7m", Digest.Of(cms)), (Assert.Single(facts.Attachments).Name, facts.Attachments[0].Sha256));
        Assert.DoesNotContain(MailFlag.ContentUncertain, facts.Flags);
    }

    [Fact]
    public async Task Encrypted_content_is_not_opened()
    {
        var enveloped = CmsDraft.Der(Entity, kind: "1.2.840.113549.1.7.3");
        var facts = (await Read.MailAsync(A.Mail().Attachment("smime.p7m", "application/pkcs7-mime", enveloped))).Facts;

        Assert.Single(facts.Attachments);
        Assert.Equal([MailFlag.SmimeEncrypted], facts.Flags);
    }
}
