namespace MailDepot.Testing;

/// <summary>A mail in the making. CRLF unless said otherwise; header values go out as given.</summary>
public sealed class MailDraft
{
    private readonly List<(string Name, string Value)> fields = [];
    private readonly List<Action<MailWriter>> attachments = [];
    private string? from = "Anna Lind <anna@example.com>";
    private string? to = "ben@example.org";
    private string? subject = "Offer";
    private string? messageId = "offer-1@example.com";
    private string text = "Dear Ben,\n\nhere is the offer.\n";
    private string lineEnd = "\r\n";
    private string boundary = "=_mixed_1";

    public MailDraft From(string? value) => Set(() => from = value);

    public MailDraft To(string? value) => Set(() => to = value);

    public MailDraft Cc(string value) => Field("Cc", value);

    public MailDraft Bcc(string value) => Field("Bcc", value);

    public MailDraft Subject(string? value) => Set(() => subject = value);

    /// <summary>Without angle brackets; null for a mail without one.</summary>
    public MailDraft MessageId(string? value) => Set(() => messageId = value);

    /// <summary>Each LF becomes the mail's line end.</summary>
    public MailDraft Text(string value) => Set(() => text = value);

    public MailDraft Field(string name, string value) => Set(() => fields.Add((name, value)));

    public MailDraft Boundary(string value) => Set(() => boundary = value);

    public MailDraft WithLfOnly() => Set(() => lineEnd = "\n");

    public MailDraft Attachment(string name, string type, byte[] bytes, string encoding = "base64") =>
        Part(
            $"Content-Type: {type}\nContent-Disposition: attachment; filename=\"{name}\"\nContent-Transfer-Encoding: {encoding}\n",
            bytes,
            encoding);

    /// <summary>A part with a header of one's own; each header line ends in LF.</summary>
    public MailDraft Part(string header, byte[] bytes, string encoding = "8bit") =>
        Set(() => attachments.Add(writer => writer.Text(header).Line().Encoded(bytes, encoding)));

    /// <summary>Forwards a mail as attachment.</summary>
    public MailDraft Attached(byte[] mail, string? fileName = null) => Part(
        $"Content-Type: message/rfc822\n{(fileName is null ? "" : $"Content-Disposition: attachment; filename=\"{fileName}\"\n")}", mail);

    public byte[] Bytes()
    {
        var writer = new MailWriter(lineEnd);
        foreach (var (name, value) in Header().Where(field => field.Value is not null))
        {
            writer.Line($"{name}: {value}");
        }

        if (attachments.Count == 0)
        {
            return writer.Line("Content-Type: text/plain; charset=utf-8").Line().Text(text).ToArray();
        }

        writer.Line($"Content-Type: multipart/mixed; boundary=\"{boundary}\"").Line();
        writer.Line($"--{boundary}").Line("Content-Type: text/plain; charset=utf-8").Line().Text(text);
        foreach (var attachment in attachments)
        {
            writer.Line().Line($"--{boundary}");
            attachment(writer);
        }

        return writer.Line().Line($"--{boundary}--").ToArray();
    }

    private IEnumerable<(string Name, string? Value)> Header() =>
    [
        ("From", from),
        ("To", to),
        ("Subject", subject),
        ("Date", "Mon, 23 Nov 2026 15:05:06 +0100"),
        ("Message-ID", messageId is null ? null : $"<{messageId}>"),
        ("MIME-Version", "1.0"),
        .. fields,
    ];

    private MailDraft Set(Action change)
    {
        change();
        return this;
    }
}
