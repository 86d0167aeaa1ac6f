using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>Walks a mail's structure as MimeKit streams it, and keeps the facts of the mail and of what is attached to it.</summary>
/// <remarks>
/// Order of events: the fields of a header come before anything says whose header it was. Then a message begins, then
/// its body as a part, both with that same header. A message attached to the mail is level 2; what is attached
/// deeper is walked through, and only its subject is kept for as long as it names an attachment.
/// </remarks>
internal sealed class MailWalk(MailTap tap) : MimeReader(MimeParsing.Options, tap), IDisposable
{
    /// <summary>The mail itself is level 1.</summary>
    private const int AttachedLevel = 2;

    private readonly HeaderAllowance allowance = new();
    private readonly Stack<FactsDraft> open = [];
    private readonly Stack<OpenMessagePart> parts = [];
    private readonly List<AttachedMessage> messages = [];
    private FactsDraft header = new(new HeaderAllowance());
    private FactsDraft? root;
    private ContentDisposition? disposition;
    private ContentEncoding? encoding;
    private AttachmentContent? content;
    private bool messageHeaderComes = true;
    private int attachmentsOfMessages;

    /// <summary>Facts of the mail, as far as they came.</summary>
    public MailFacts Facts => (root ?? header).ToFacts();

    /// <summary>The mail's own header claims to be a journal report's.</summary>
    public bool ClaimsJournalReport => (root ?? header).ClaimsJournalReport;

    /// <summary>Messages attached directly to the mail, at most <see cref="MailReading.MaxMessages"/>.</summary>
    public IReadOnlyList<AttachedMessage> Messages => messages;

    /// <inheritdoc/>
    public void Dispose() => content?.Dispose();

    /// <inheritdoc/>
    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        header = new FactsDraft(allowance);
        disposition = null;
        encoding = null;
    }

    /// <inheritdoc/>
    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        tap.Progressed();
        if (header.Id is HeaderId.ContentDisposition && disposition is null)
        {
            _ = ContentDisposition.TryParse(MimeParsing.Options, header.RawValue, out disposition);
        }
        else if (header.Id is HeaderId.ContentTransferEncoding && encoding is null)
        {
            _ = MimeUtils.TryParse(header.Value, out ContentEncoding declared);
            encoding = declared;
        }
        else if (messageHeaderComes && (open.Count < AttachedLevel || (open.Count == AttachedLevel && header.Id is HeaderId.Subject)))
        {
            this.header.Add(header);
        }
    }

    /// <inheritdoc/>
    protected override void OnMimeMessageBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        messageHeaderComes = false;
        root ??= header;
        open.Push(header);
    }

    /// <inheritdoc/>
    protected override void OnMimeMessageEnd(
        long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        var draft = open.Pop();
        if (!parts.TryPeek(out var part))
        {
            return;
        }

        part.Bytes = endOffset - beginOffset;
        part.Subject = draft.Subject;
        if (open.Count == AttachedLevel - 1 && part.IsWholeMessage && messages.Count < MailReading.MaxMessages)
        {
            messages.Add(new AttachedMessage(beginOffset, part.Bytes, draft.ToFacts(), draft.ClaimsJournalReport));
        }
    }

    /// <inheritdoc/>
    protected override void OnMessagePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        parts.Push(new OpenMessagePart(contentType, FileName(contentType), IsAttachment(contentType)));
        messageHeaderComes = true;
    }

    /// <inheritdoc/>
    protected override void OnMessagePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        // Without a message after all, if a delimiter follows at once.
        messageHeaderComes = false;
        var part = parts.Pop();
        if (part.IsAttachment && HasRoom())
        {
            Keep(new Attachment(part.Name, MediaType(contentType), part.Bytes, Sha256: null));
        }
    }

    /// <inheritdoc/>
    protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
        content = IsAttachment(contentType) && !IsTooDeep(contentType) && HasRoom() ? new AttachmentContent(encoding ?? ContentEncoding.Default) : null;

    /// <inheritdoc/>
    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken)
    {
        tap.Progressed();
        content?.Feed(buffer, startIndex, count);
    }

    /// <inheritdoc/>
    protected override void OnMimePartContentEnd(
        long beginOffset, int beginLineNumber, long endOffset, int lines, NewLineFormat? newLineFormat, CancellationToken cancellationToken) =>
        content?.End(endOffset - beginOffset);

    /// <inheritdoc/>
    protected override void OnMimePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        if (content is not null)
        {
            Keep(new Attachment(FileName(contentType), MediaType(contentType), content.Bytes, content.Finish()));
            content.Dispose();
            content = null;
        }
    }

    /// <inheritdoc/>
    protected override void OnMultipartPreambleRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) => tap.Progressed();

    /// <inheritdoc/>
    protected override void OnMultipartEpilogueRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) => tap.Progressed();

    private bool IsAttachment(ContentType type) =>
        disposition is { IsAttachment: true } || FileName(type) is not null || !type.MediaType.Equals("text", StringComparison.OrdinalIgnoreCase);

    /// <summary>A multipart, but beyond <see cref="MimeParsing.MaxDepth"/> it comes as one part.</summary>
    private static bool IsTooDeep(ContentType type) => type.IsMimeType("multipart", "*");

    private string? FileName(ContentType type) =>
        (disposition?.FileName ?? type.Name)?.Trim() is { Length: > 0 } name ? FactsDraft.Cut(name, HeaderAllowance.MaxFileName) : null;

    private static string MediaType(ContentType type) => FactsDraft.Cut(type.MimeType.ToLowerInvariant(), HeaderAllowance.MaxFileName);

    private bool HasRoom() => open.Count == 1
        ? root!.Attachments.Count < MailFacts.MaxAttachments
        : open.Count == AttachedLevel && attachmentsOfMessages < MailFacts.MaxAttachments;

    private void Keep(Attachment attachment)
    {
        open.Peek().Attachments.Add(attachment);
        attachmentsOfMessages += open.Count == AttachedLevel ? 1 : 0;
    }

    /// <summary>A part that holds a message, while its message goes by.</summary>
    private sealed class OpenMessagePart(ContentType type, string? fileName, bool isAttachment)
    {
        private const string Extension = ".eml";

        /// <summary>Not only a header or a reference: MimeKit walks those as messages too.</summary>
        public bool IsWholeMessage { get; } = type.IsMimeType("message", "*")
            && type.MediaSubtype.ToLowerInvariant() is "rfc822" or "global" or "news" or "rfc2822";

        public bool IsAttachment => isAttachment;

        public string? Subject { get; set; }

        public long Bytes { get; set; }

        public string? Name => fileName ?? (IsWholeMessage && !string.IsNullOrEmpty(Subject)
            ? FactsDraft.Cut(Subject, HeaderAllowance.MaxFileName - Extension.Length) + Extension
            : null);
    }
}
