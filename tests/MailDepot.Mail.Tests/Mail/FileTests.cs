using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Attached files: names, types by content, winmail.dat, signatures.</summary>
public sealed class FileTests
{
    [Theory]
    [InlineData("offer.pdf", "offer.pdf")]
    [InlineData(@"..\..\Startup\run.bat", "run.bat")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData(@"C:\Users\anna\offer.pdf", "offer.pdf")]
    [InlineData("folder/", "folder")]
    [InlineData("..", null)]
    [InlineData("/", null)]
    [InlineData(" \0 ", null)]
    [InlineData("a\u202Efdp.exe", "afdp.exe")]
    [InlineData("tab\there.txt", "tabhere.txt")]
    public void Name_is_shown_without_path_and_deceptive_marks(string name, string? shown) => Assert.Equal(shown, FileName.Clean(name));

    [Theory]
    [InlineData("%PDF-1.7", "application/pdf")]
    [InlineData("{\\rtf1", "application/rtf")]
    [InlineData("GIF89a", "image/gif")]
    [InlineData("\u0089PNG\r\n\u001a\n", "image/png")]
    [InlineData("ÿØÿà", "image/jpeg")]
    [InlineData("ÐÏ\u0011à¡±\u001aá", "application/x-ole-storage")]
    [InlineData("PK\u0003\u0004rest", "application/zip")]
    [InlineData(
        "PK\u0003\u0004\u0014\0\u0006\0\u0008\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\u0013\0\0\0[Content_Types].xmlPK\u0003\u0004xl/workbook.xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    [InlineData(
        "PK\u0003\u0004\u0014\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\u0008\0\0\0mimetypeapplication/vnd.oasis.opendocument.textPK",
        "application/vnd.oasis.opendocument.text")]
    [InlineData(" \r\n<!doctype html>", "text/html")]
    [InlineData("Return-Path: <anna@example.com>", "message/rfc822")]
    [InlineData("MZ is how this sentence begins, and it is long enough to be a header.", null)]
    [InlineData("", null)]
    public void Type_is_known_by_its_first_bytes(string bytes, string? type) =>
        Assert.Equal(type, FileType.Of([.. bytes.Select(c => (byte)c)]));

    [Fact]
    public void Program_is_recognized_whatever_its_name()
    {
        var program = new byte[256];
        "MZ"u8.CopyTo(program);
        program[0x3C] = 0x80;
        "PE"u8.CopyTo(program.AsSpan(0x80));

        Assert.Equal("application/vnd.microsoft.portable-executable", FileType.Of(program));
    }

    [Fact]
    public async Task Type_by_content_stands_beside_the_declared_one()
    {
        var file = Assert.Single(
            (await Read.MailAsync(A.Mail().Attachment("photo.jpg", "image/jpeg", "%PDF-1.7"u8.ToArray()))).Facts.Attachments);

        Assert.Equal(("image/jpeg", "application/pdf"), (file.ContentType, file.FoundType));
    }

    [Fact]
    public async Task Winmail_dat_is_unpacked_and_stays_an_attachment_itself()
    {
        var winmail = new TnefDraft().Body("Dear Ben").File("offer.pdf", "%PDF-1.7"u8.ToArray()).File(@"..\second.txt", "two"u8.ToArray())
            .Bytes();
        var reading = await Read.TextAsync(A.Mail().Text("").Attachment("winmail.dat", "application/ms-tnef", winmail).Bytes());

        Assert.Equal(
            ["winmail.dat", "offer.pdf", "second.txt"], reading.Facts.Attachments.Select(file => file.Name), StringComparer.Ordinal);
        Assert.Equal(Digest.Of(winmail), reading.Facts.Attachments[0].Sha256);
        var offer = reading.Facts.Attachments[1];
        Assert.Equal(
            (8L, Digest.Of("%PDF-1.7"u8), "application/pdf", "winmail.dat"),
            (offer.Bytes, offer.Sha256, offer.FoundType, offer.UnpackedFrom));
        Assert.Equal("Dear Ben", Assert.Single(reading.Texts).Text);
        Assert.Empty(reading.Facts.Flags);
    }

    [Fact]
    public async Task Truncated_winmail_dat_is_kept_with_what_could_be_unpacked()
    {
        var winmail = new TnefDraft().File("one.txt", "one"u8.ToArray()).File("two.txt", new byte[1000]).Bytes()[..^500];
        var facts = (await Read.MailAsync(A.Mail().Attachment("winmail.dat", "application/ms-tnef", winmail))).Facts;

        Assert.Equal(["winmail.dat", "one.txt"], facts.Attachments.Take(2).Select(file => file.Name), StringComparer.Ordinal);
        Assert.Equal([MailFlag.TnefBroken], facts.Flags);
    }

    [Fact]
    public async Task File_that_only_calls_itself_tnef_is_kept_and_flagged() =>
        Assert.Equal(
            [MailFlag.TnefBroken],
            (await Read.MailAsync(A.Mail().Attachment("winmail.dat", "application/ms-tnef", [1, 2, 3]))).Facts.Flags);

    [Theory]
    [InlineData("multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256", "text/plain", MailFlag.SmimeSigned)]
    [InlineData("multipart/signed; protocol=\"application/pgp-signature\"", "text/plain", MailFlag.PgpSigned)]
    [InlineData("multipart/signed", "application/pgp-signature", MailFlag.PgpSigned)]
    [InlineData("multipart/encrypted; protocol=\"application/pgp-encrypted\"", "application/pgp-encrypted", MailFlag.PgpEncrypted)]
    [InlineData("multipart/mixed", "application/pkcs7-mime; smime-type=enveloped-data", MailFlag.SmimeEncrypted)]
    [InlineData("multipart/mixed", "application/x-pkcs7-mime; smime-type=signed-data", MailFlag.SmimeSigned)]
    [InlineData("multipart/mixed", "application/pgp-signature", null)] // a file beside the text signs no mail
    [InlineData("multipart/mixed", "application/pkcs7-mime; smime-type=certs-only", null)]
    public async Task Signed_and_encrypted_parts_are_recognized(string multipart, string part, MailFlag? flag)
    {
        var mail = $"Date: Mon, 23 Nov 2026 15:05:06 +0100\r\nContent-Type: {multipart}; boundary=b\r\n\r\n"
            + $"--b\r\nContent-Type: {part}\r\n\r\nx\r\n--b--\r\n";

        Assert.Equal(flag is { } expected ? [expected] : [], (await Read.MailAsync(System.Text.Encoding.ASCII.GetBytes(mail))).Facts.Flags);
    }

    [Theory]
    [InlineData("MAsGCSqGSIb3DQEHAgA=", MailFlag.SmimeSigned)]
    [InlineData("MAsGCSqGSIb3DQEHAwA=", MailFlag.SmimeEncrypted)]
    public async Task Cms_content_names_its_own_type(string base64, MailFlag flag) =>
        Assert.Equal(
            [flag],
            (await Read.MailAsync(A.Mail().Attachment("smime.p7m", "application/octet-stream", Convert.FromBase64String(base64))))
                .Facts.Flags);

    [Theory]
    [InlineData("application/pkcs7-mime; smime-type=certs-only; name=anna.p7c")]
    [InlineData("application/pkcs7-mime; name=smime.p7m")]
    [InlineData("application/x-pkcs7-mime")]
    [InlineData("application/octet-stream; name=smime.p7m")]
    public async Task Certificates_alone_are_not_a_signature(string type)
    {
        foreach (var certificates in new[] { CmsDraft.Der(null, hasDigest: false), OpenLengths })
        {
            var facts = (await Read.MailAsync(A.Mail().Part($"Content-Type: {type}\n", certificates, "base64"))).Facts;

            Assert.Empty(facts.Flags);
            Assert.Single(facts.Attachments);
        }
    }

    [Fact]
    public async Task Detached_signature_is_recognized() =>
        Assert.Equal(
            [MailFlag.SmimeSigned],
            (await Read.MailAsync(A.Mail().Attachment("smime.p7m", "application/pkcs7-mime", CmsDraft.Der(null)))).Facts.Flags);

    [Fact]
    public async Task Encrypted_content_named_as_certificates_is_encrypted()
    {
        var enveloped = A.Mail().Attachment(
            "smime.p7c", "application/pkcs7-mime; smime-type=certs-only", Convert.FromBase64String("MAsGCSqGSIb3DQEHAwA="));
        Assert.Equal([MailFlag.SmimeEncrypted], (await Read.MailAsync(enveloped)).Facts.Flags);
    }

    [Theory]
    [InlineData("Dear Ben,\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n", MailFlag.PgpEncrypted)]
    [InlineData("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nabc\n", MailFlag.PgpSigned)]
    [InlineData("> -----BEGIN PGP MESSAGE-----\n", null)]
    [InlineData("-----BEGIN PGP PUBLIC KEY BLOCK-----\n", null)]
    public async Task Pgp_in_the_text_is_recognized_in_pieces_of_any_size(string text, MailFlag? flag)
    {
        foreach (var size in new[] { 1, 7, 33, 4_096 })
        {
            var reading = await MailReader.ReadAsync(
                PieceStream.Of(A.Mail().Text(text).Bytes(), size), null, TestContext.Current.CancellationToken);
            Assert.Equal(flag is { } expected ? [expected] : [], reading.Facts.Flags);
        }
    }

    [Fact]
    public async Task Truncated_mail_is_flagged_for_its_missing_end()
    {
        var mail = A.Mail().Attachment("a.bin", "application/octet-stream", [1, 2, 3]).Bytes();

        Assert.Empty((await Read.MailAsync(mail)).Facts.Flags);
        Assert.Equal([MailFlag.EndMissing], (await Read.MailAsync(mail[..^10])).Facts.Flags);
    }

    /// <summary>Signed data without digests, content and signers, with indefinite lengths.</summary>
    private static byte[] OpenLengths =>
    [
        0x30, 0x80, 0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2, 0xA0, 0x80, 0x30, 0x80, 2, 1, 1, 0x31, 0x80, 0, 0,
        0x30, 0x80, 0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1, 0, 0, 0x31, 0, 0, 0, 0, 0, 0, 0,
    ];
}
