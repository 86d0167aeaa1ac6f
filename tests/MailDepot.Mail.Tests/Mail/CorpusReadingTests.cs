using System.Text;

using MailDepot.Mail;

using MimeKit;

namespace MailDepot.Tests.Mail;

/// <summary>The reader on mails that programs have trouble with, from our own and the public corpus.</summary>
public sealed class CorpusReadingTests
{
    /// <summary>An address field without an address is shown as written; MimeKit drops it.</summary>
    private static readonly string[] WithoutAnAddress =
    [
        "mikel__mail/plain_emails__mix_caps_content_type.eml", "mikel__mail/rfc2822__example13.eml",
    ];

    /// <summary>Words declared as base64: how MimeKit decodes them depends on where they end.</summary>
    private static readonly string[] WithWordsAsBase64 = ["stalwartlabs__mail-parser/rfc__000.eml"];

    /// <summary>Where our reader goes further than MimeKit. The approved facts of each mail say what is right.</summary>
    private static readonly string[] ReadFurther =
    [
        "address/", "attached-mail/", "banner/", "date/", "encoding/", "fault/carriage-returns-alone", "fault/content-type-",
        "file-name/", "protection/smime-opaque", "report/domain-", "report/mail-in-base64", "report/mail-in-quoted-printable", "uuencode/",
    ];

    /// <summary>A mail attached as an encoded file without a name, which gets its subject as name; MimeKit does not decode it.</summary>
    private static readonly string[] WithEncodedMails =
        [
            "apache__james-mime4j/mimetools-testmsgs__multi-2gifs-base64.msg",
            "apache__james-mime4j/testmsgs__base64encoded-rfc822message-nested.msg",
        ];

    /// <summary>Files in their text, which MimeKit does not look for.</summary>
    private static readonly string[] WithUuencodedFiles =
    [
        "apache__james-mime4j/mimetools-testmsgs__uu-junk.msg", "apache__james-mime4j/mimetools-testmsgs__uu-zeegee.msg",
        "apache__james-mime4j/mimetools-testmsgs__sig-uu.msg",
    ];

    /// <summary>A file name that is not in its declared charset; MimeKit shows a question mark.</summary>
    private static readonly string[] WithAWrongLabel = ["mikel__mail/attachment_emails__attachment_with_encoded_name.eml"];

    private static readonly string[] NotComparable =
    [
        .. WithoutAnAddress, .. WithAWrongLabel, .. WithWordsAsBase64, .. WithEncodedMails, .. WithUuencodedFiles,
    ];

    [Fact]
    public async Task Every_mail_of_the_corpus_is_read_with_the_right_hash_and_size()
    {
        var mails = Corpus.Mails();
        Assert.NotEmpty(mails);
        foreach (var mail in mails)
        {
            var reading = await Read.MailAsync(mail.Bytes);

            Assert.Equal((mail.Name, mail.Sha256, mail.Bytes.LongLength), (mail.Name, reading.Sha256.ToString(), reading.Bytes));
        }
    }

    [Fact]
    public async Task Facts_agree_with_a_parser_that_loads_the_whole_mail()
    {
        var differences = new List<string>();
        var compared = 0;
        foreach (var mail in Corpus.Mails())
        {
            var reading = await Read.MailAsync(mail.Bytes);
            var further = mail.IsOwn
                ? ReadFurther.Any(kind => mail.Name.StartsWith(kind, StringComparison.Ordinal))
                : NotComparable.Contains(mail.Name, StringComparer.Ordinal);
            if (reading.Defect is null && !reading.Facts.Flags.Contains(MailFlag.HeaderPreceded) && !further)
            {
                using var message = await MimeMessage.LoadAsync(new MemoryStream(mail.Bytes), TestContext.Current.CancellationToken);
                if (!Facts(message, reading.Facts).Equals(Facts(reading.Facts), StringComparison.Ordinal))
                {
                    differences.Add($"{mail.Name}\n{Facts(message, reading.Facts)}\n---\n{Facts(reading.Facts)}");
                }

                compared++;
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
        Assert.InRange(compared, 300, int.MaxValue);
    }

    private static bool IsOfDate(MailFlag flag) =>
        flag is MailFlag.DateMissing or MailFlag.DateUnreadable or MailFlag.DateAbsurd or MailFlag.DateUncertain;

    /// <summary>What our reader leaves to MimeKit; names, subjects and dates that are not credible are in the golden files.</summary>
    private static string Facts(MailFacts facts) =>
        $"{facts.MessageId}\n{(facts.Flags.Any(IsOfDate) ? "no date" : facts.Date)}\n"
        + $"{Addresses(facts.From)}\n{Addresses(facts.To)}\n{Addresses(facts.Cc)}\n"
        + string.Join(
            '\n',
            facts.Attachments.Where(kept => kept.UnpackedFrom is null).Select(kept => $"{kept.ContentType} {kept.Name} {kept.Sha256}"));

    private static string Facts(MimeMessage message, MailFacts facts) =>
        $"{message.MessageId}\n{(facts.DateText is not null || message.Date == default ? "no date" : message.Date)}\n"
        + $"{Addresses(message.From)}\n{Addresses(message.To)}\n{Addresses(message.Cc)}\n"
        + string.Join('\n', message.BodyParts.Where(IsFile).Select(part =>
            $"{part.ContentType.MimeType.ToLowerInvariant()} {FileName.Clean(Name(part))} {(part is MimePart file ? Hash(file) : null)}"));

    private static string Addresses(IEnumerable<EmailAddress> addresses) =>
        string.Join(", ", addresses.Select(address => address.Address).Where(address => address.Length > 0));

    /// <summary>MimeKit takes names for addresses.</summary>
    private static string Addresses(InternetAddressList list) =>
        string.Join(
            ", ", list.Mailboxes.Select(mailbox => mailbox.Address).Where(address => address.Contains('@', StringComparison.Ordinal)));

    private static string? Name(MimeEntity part) =>
        (part.ContentDisposition?.FileName ?? part.ContentType.Name)?.Trim() is { Length: > 0 } name ? name
        : part is MessagePart and not TextRfc822Headers and { Message.Subject: { Length: > 0 } subject }
            ? subject.Replace('/', ' ') + ".eml"
            : null;

    private static bool IsFile(MimeEntity part) => part.IsAttachment
        || !string.IsNullOrWhiteSpace(part.ContentDisposition?.FileName ?? part.ContentType.Name)
        || !part.ContentType.IsMimeType("text", "*") || part is TextRfc822Headers;

    /// <summary>MimeKit drops the last bytes of unpadded base64, so the padding is added.</summary>
    private static Digest Hash(MimePart file)
    {
        using var encoded = new MemoryStream();
        file.Content?.WriteTo(encoded, TestContext.Current.CancellationToken);
        if (file.ContentTransferEncoding is ContentEncoding.Base64)
        {
            var characters = Encoding.ASCII.GetString(encoded.ToArray()).Count(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=');
            encoded.Write(Encoding.ASCII.GetBytes(new string('=', (4 - (characters % 4)) % 4)));
        }

        encoded.Position = 0;
        using var bytes = new MemoryStream();
        new MimeContent(encoded, file.ContentTransferEncoding).DecodeTo(bytes, TestContext.Current.CancellationToken);
        return Digest.Of(bytes.ToArray());
    }
}
