using MimeKit;

namespace MailDepot.Mail;

/// <summary>Walks a mail's structure as MimeKit streams it, and keeps the facts of the mail and of what is attached to it.</summary>
/// <remarks>
/// Order of events: the fields of a header come before anything says whose header it was. Then a message begins, then
/// its body as a part, both with that same header. A message attached to the mail is level 2.
/// </remarks>
internal sealed class MailWalk : MimeReader, IDisposable
{
    /// <summary>The mail itself is level 1.</summary>
    private const int AttachedLevel = 2;

    private readonly MailTap tap;
    private readonly HeaderAllowance allowance = new();
    private readonly Stack<FactsDraft> open = [];
    private readonly Stack<OpenMessagePart> parts = [];
    private readonly Stack<OpenMultipart> multiparts = [];
    private readonly List<AttachedMessage> messages = [];
    private readonly PartFields fields;
    private readonly FileParts files;
    private readonly PgpArmor armor = new();
    private readonly TextParts? texts;
    private FactsDraft header = new(new HeaderAllowance());
    private FactsDraft? root;
    private PartContent? content;
    private bool messageHeaderComes = true;
    private bool isText;
    private int numbered;
    private int deeper;

    public MailWalk(MailTap tap, bool withText)
        : base(MimeParsing.Options, tap)
    {
        (this.tap, fields, texts) = (tap, new PartFields(), withText ? new TextParts() : null);
        files = new FileParts(fields);
    }

    /// <summary>Facts of the mail, as far as they came; once, at the end.</summary>
    public MailFacts Facts { get; private set; } = new();

    /// <summary>The mail's own header claims to be a journal report's.</summary>
    public bool ClaimsJournalReport => (root ?? header).ClaimsJournalReport;

    /// <summary>Messages attached directly to the mail, at most <see cref="MailReading.MaxMessages"/>.</summary>
    public IReadOnlyList<AttachedMessage> Messages => messages;

    /// <summary>See <see cref="MailReading.Tnef"/>.</summary>
    public TnefMessage? Tnef => files.Report;

    /// <summary>The texts, where they were asked for.</summary>
    public IEnumerable<BodyText> Texts => texts?.Texts ?? [];

    private bool IsKept => open.Count switch
    {
        0 => true,
        AttachedLevel - 1 => messages.Count < MailReading.MaxMessages,
        _ => deeper < MailReading.MaxMessages,
    };

    /// <inheritdoc/>
    public void Dispose() => content?.Dispose();

    /// <summary>Makes facts of what is still open where the parser stopped early.</summary>
    public void Finish()
    {
        while (open.Count > 1)
        {
            _ = EndMessage();
        }

        texts?.EndIfOpen();
        (root ?? header).Flag(tap.Skipped > 0 ? MailFlag.HeaderPreceded : null);
        Facts = (root ?? header).ToFacts();
    }

    /// <inheritdoc/>
    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        fields.Restart();
        if (messageHeaderComes)
        {
            header = new FactsDraft(allowance);
        }
    }

    /// <inheritdoc/>
    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        tap.Progressed();
        fields.Add(header);
        if (messageHeaderComes && (IsKept || header.Id is HeaderId.Subject))
        {
            this.header.Add(header);
        }
    }

    /// <inheritdoc/>
    protected override void OnMimeMessageBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        messageHeaderComes = false;
        if (root is not null)
        {
            var isKept = IsKept && open.Peek().Number >= 0 && parts.Peek().IsWholeMessage;
            header.Number = isKept ? ++numbered : -1;
            deeper += isKept && open.Count >= AttachedLevel ? 1 : 0;
            if (!IsKept)
            {
                root.Flag(MailFlag.PartsCut);
            }
        }

        root ??= header;
        open.Push(header);
        texts?.BeginMessage();
    }

    /// <inheritdoc/>
    protected override void OnMimeMessageEnd(
        long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        if (!parts.TryPeek(out var part))
        {
            return;
        }

        var (draft, facts) = EndMessage();
        part.Bytes = endOffset - beginOffset;
        part.Subject = draft.Subject;
        if (open.Count == AttachedLevel - 1 && facts is not null)
        {
            messages.Add(new AttachedMessage(tap.Skipped + beginOffset, part.Bytes, facts, draft.ClaimsJournalReport));
        }
    }

    /// <inheritdoc/>
    protected override void OnMessagePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        var name = fields.Name(contentType);
        parts.Push(new OpenMessagePart(contentType, name, IsAttachment(contentType, name)));
        messageHeaderComes = true;
    }

    /// <inheritdoc/>
    protected override void OnMessagePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        // Without a message after all, if a delimiter follows at once.
        messageHeaderComes = false;
        var part = parts.Pop();
        if (part.IsAttachment && files.HasRoom(open.Peek()))
        {
            files.Keep(open.Peek(), new Attachment(part.Name, FileParts.MediaType(contentType), part.Bytes, Sha256: null));
        }
    }

    /// <inheritdoc/>
    protected override void OnMultipartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        multiparts.Push(new OpenMultipart(contentType));
        open.Peek().Flag(Protection.OfMultipart(contentType));
        texts?.BeginMultipart(contentType);
    }

    /// <inheritdoc/>
    protected override void OnMultipartEndBoundaryBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
        multiparts.Peek().IsEnded = true;

    /// <inheritdoc/>
    protected override void OnMultipartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        open.Peek().Flag(multiparts.Pop().IsEnded ? null : MailFlag.EndMissing);
        texts?.EndMultipart();
    }

    /// <inheritdoc/>
    protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        var isAttachment = IsAttachment(contentType, fields.Name(contentType)) && !IsTooDeep(contentType) && files.HasRoom(open.Peek());
        isText = IsText(contentType) && !fields.IsAttachment;
        armor.Restart();
        var hold = Math.Max(isAttachment ? FileType.Looked : 0, isText ? texts?.Left ?? 0 : 0);
        content = isAttachment || hold > 0 ? new PartContent(fields.Encoding, isAttachment, hold) : null;
    }

    /// <inheritdoc/>
    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken)
    {
        tap.Progressed();
        content?.Feed(buffer.AsSpan(startIndex, count));
        if (isText)
        {
            armor.Feed(buffer.AsSpan(startIndex, count));
        }
    }

    /// <inheritdoc/>
    protected override void OnMimePartContentEnd(
        long beginOffset, int beginLineNumber, long endOffset, int lines, NewLineFormat? newLineFormat, CancellationToken cancellationToken) =>
        content?.End(endOffset - beginOffset, isCutOff: multiparts.Count > 0 && endOffset >= tap.Position);

    /// <inheritdoc/>
    protected override void OnMimePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        open.Peek().Flag(armor.Found);
        if (content is null)
        {
            return;
        }

        if (content.IsHashed)
        {
            var tnef = files.Keep(open.Peek(), contentType, multiparts.TryPeek(out var parent) ? parent.Type.MediaSubtype : null, content);
            texts?.Add(tnef);
        }

        if (isText)
        {
            texts?.Add(contentType, content);
        }

        content.Dispose();
        content = null;
    }

    /// <inheritdoc/>
    protected override void OnMultipartPreambleRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) => tap.Progressed();

    /// <inheritdoc/>
    protected override void OnMultipartEpilogueRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) => tap.Progressed();

    private (FactsDraft Draft, MailFacts? Facts) EndMessage()
    {
        var draft = open.Pop();
        texts?.EndMessage(draft.Number);
        if (draft.Number < 0)
        {
            return (draft, null);
        }

        var facts = draft.ToFacts();
        open.Peek().Add(facts);
        return (draft, facts);
    }

    private bool IsAttachment(ContentType type, string? name) => fields.IsAttachment || name is not null || !IsText(type);

    private static bool IsText(ContentType type) => type.MediaType.Equals("text", StringComparison.OrdinalIgnoreCase);

    /// <summary>A multipart, but beyond <see cref="MimeParsing.MaxDepth"/> it comes as one part.</summary>
    private static bool IsTooDeep(ContentType type) => type.IsMimeType("multipart", "*");
}
