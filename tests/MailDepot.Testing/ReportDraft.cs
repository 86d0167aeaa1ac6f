using System.Text;

namespace MailDepot.Testing;

/// <summary>A journal report in the making: by default as Exchange Online writes it.</summary>
public sealed class ReportDraft
{
    private readonly List<string> lines = [];
    private readonly List<byte[]> mails = [];
    private string field = "X-MS-Journal-Report:";
    private string messageId = "5f0d0bd4-8a0e-4b1c-9d5e-0c6a4a3c2b1a@journal.report.generator";
    private string boundary = "_report_";
    private string? contentType;
    private string envelopeHeader = "Content-Type: text/plain; charset=\"utf-8\"";
    private string messageHeader = "Content-Type: message/rfc822";
    private string encoding = "7bit";
    private Encoding charset = Encoding.UTF8;
    private string lineEnd = "\r\n";
    private string? end;

    public ReportDraft Sender(string address) => Line($"Sender: {address}");

    public ReportDraft OnBehalfOf(string address) => Line($"On-Behalf-Of: {address}");

    public ReportDraft Subject(string subject) => Line($"Subject: {subject}");

    /// <summary>The original's id, in the envelope.</summary>
    public ReportDraft MessageId(string id) => Line($"Message-ID: <{id}>");

    public ReportDraft Recipient(string address, string? expanded = null, string? forwarded = null) =>
        Line("Recipient", address, expanded, forwarded);

    public ReportDraft To(string address, string? expanded = null, string? forwarded = null) => Line("To", address, expanded, forwarded);

    public ReportDraft Cc(string address, string? expanded = null, string? forwarded = null) => Line("Cc", address, expanded, forwarded);

    public ReportDraft Bcc(string address, string? expanded = null, string? forwarded = null) => Line("Bcc", address, expanded, forwarded);

    /// <summary>A line of the envelope as it stands.</summary>
    public ReportDraft Line(string line) => Set(() => lines.Add(line));

    public ReportDraft Around(MailDraft mail) => Around(mail.Bytes());

    /// <summary>Called twice, the report has two messages attached, as for protected mail.</summary>
    public ReportDraft Around(byte[] mail) => Set(() => mails.Add(mail));

    /// <summary>What a gateway adds: a further part after all others, its header and its body.</summary>
    public ReportDraft Footer(string part) => End($"\n--{boundary}\n{part}\n--{boundary}--\n");

    /// <summary>The mail as a file that a gateway made of it, encoded.</summary>
    public ReportDraft AroundFile(byte[] mail, string header, string transferEncoding)
    {
        messageHeader = $"{header}\nContent-Transfer-Encoding: {transferEncoding}";
        return Around(new MailWriter(lineEnd).Encoded(mail, transferEncoding).ToArray());
    }

    /// <summary>The report's own id.</summary>
    public ReportDraft Id(string id) => Set(() => messageId = id);

    /// <summary>The header line that makes the claim; empty for none.</summary>
    public ReportDraft Claim(string line) => Set(() => field = line);

    /// <summary>Base64 or quoted-printable, as gateways rewrite it.</summary>
    public ReportDraft EnvelopeIn(string transferEncoding) => Set(() => encoding = transferEncoding);

    /// <summary>The envelope part's declared charset, and the one its bytes really are in.</summary>
    public ReportDraft EnvelopeCharset(string declared, Encoding real) => Set(() =>
    {
        envelopeHeader = $"Content-Type: text/plain; charset={declared}";
        charset = real;
    });

    public ReportDraft EnvelopeHeader(string header) => Set(() => envelopeHeader = header);

    public ReportDraft MessageHeader(string header) => Set(() => messageHeader = header);

    public ReportDraft ContentType(string header) => Set(() => contentType = header);

    public ReportDraft Boundary(string value) => Set(() => boundary = value);

    /// <summary>What comes after the inner mail, from the line end before the delimiter on; each LF becomes the line end.</summary>
    public ReportDraft End(string bytes) => Set(() => end = bytes);

    public ReportDraft WithLfOnly() => Set(() => lineEnd = "\n");

    public byte[] Bytes()
    {
        var writer = new MailWriter(lineEnd);
        writer.Line("From: Anna Lind <anna@example.com>").Line("To: ben@example.org").Line("Subject: Offer");
        writer.Line("Sender: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>");
        writer.Line($"Message-ID: <{messageId}>").Line("Auto-Submitted: auto-generated");
        if (field.Length > 0)
        {
            writer.Line(field);
        }

        writer.Line("MIME-Version: 1.0").Line(contentType ?? $"Content-Type: multipart/mixed; boundary=\"{boundary}\"").Line();
        writer.Line($"--{boundary}").Line(envelopeHeader);
        if (!encoding.Equals("7bit", StringComparison.Ordinal))
        {
            writer.Line($"Content-Transfer-Encoding: {encoding}");
        }

        writer.Line().Encoded(charset.GetBytes(string.Concat(lines.Select(line => line + lineEnd))), encoding);
        foreach (var mail in mails)
        {
            writer.Line().Line($"--{boundary}").Line(messageHeader).Line().Raw(mail);
        }

        return writer.Text(end ?? $"\n--{boundary}--\n").ToArray();
    }

    private ReportDraft Line(string kind, string address, string? expanded, string? forwarded) => Line(
        $"{kind}: {address}{(expanded is null ? "" : $", Expanded: {expanded}")}{(forwarded is null ? "" : $", Forwarded: {forwarded}")}");

    private ReportDraft Set(Action change)
    {
        change();
        return this;
    }
}
