using MimeKit;

namespace MailDepot.Mail;

/// <summary>Walks a mail's structure as MimeKit streams it, and collects the facts of the mail and of everything attached to it.</summary>
/// <remarks>
/// Order of events: a header's fields arrive before it is known whose header it is. Then a message begins, then its body as a
/// part, both with that header.
/// </remarks>
internal sealed class MailWalk : MimeReader, IDisposable
{
    private readonly MailTap tap;
    private readonly MessageTree tree;
    private readonly int level;
    private readonly int outerDepth;
    private readonly Stack<OpenMessagePart> parts = [];
    private readonly Stack<OpenMultipart> multiparts = [];
    private readonly List<AttachedMessage> messages = [];
    private readonly PartFields fields = new();
    private readonly FileParts files;
    private readonly PgpArmor armor = new();
    private FactsBuilder header;
    private PartContent? content;
    private ContentType? partType;
    private bool expectsMessageHeader = true;
    private bool isText;

    /// <summary>Walks a mail.</summary>
    public MailWalk(MailTap tap, bool withText)
        : this(tap, new MessageTree(withText), level: 0, unpackedFrom: null)
    {
    }

    /// <summary>Walks the content of a file in a mail.</summary>
    /// <param name="tap">The file's content.</param>
    /// <param name="tree">The mail's open messages.</param>
    /// <param name="level">How many files enclose the content.</param>
    /// <param name="unpackedFrom">The signed file; null for a mail attached as a file.</param>
    public MailWalk(MailTap tap, MessageTree tree, int level, string? unpackedFrom)
        : base(MimeParsing.Options, tap)
    {
        (this.tap, this.tree, this.level, outerDepth) = (tap, tree, level, tree.Depth);
        (files, header) = (new FileParts(fields, tree, level, unpackedFrom), tree.Header());
        expectsMessageHeader = unpackedFrom is null;
    }

    /// <summary>Facts of the mail, as far as it was read; set by <see cref="Finish"/>.</summary>
    public MailFacts Facts { get; private set; } = new();

    /// <summary>The mail's own header claims to be a journal report's.</summary>
    public bool ClaimsJournalReport => (tree.Root ?? header).ClaimsJournalReport;

    /// <summary>Messages attached directly to the mail, at most <see cref="MailReading.MaxMessages"/>.</summary>
    public IReadOnlyList<AttachedMessage> Messages => messages;

    /// <summary>See <see cref="MailReading.Tnef"/>.</summary>
    public TnefMessage? Tnef => files.Report;

    /// <summary>The subject of a mail attached as a file, once it was read.</summary>
    public string? InnerSubject { get; private set; }

    /// <summary>The texts, if requested.</summary>
    public IEnumerable<BodyText> Texts => tree.Texts?.Texts ?? [];

    /// <inheritdoc/>
    public void Dispose() => content?.Dispose();

    /// <summary>Makes the facts, also of messages still open because the parser stopped early.</summary>
    public void Finish()
    {
        EndOpen();
        tree.Texts?.EndIfOpen();
        (tree.Root ?? header).Flag(tap.Skipped > 0 ? MailFlag.HeaderPreceded : null);
        Facts = (tree.Root ?? header).ToFacts();
    }

    /// <summary>Ends what the parser left open: messages, and in a file also multiparts.</summary>
    public void EndOpen()
    {
        while (tree.Depth > Math.Max(1, outerDepth))
        {
            _ = tree.End();
        }

        for (; level > 0 && multiparts.TryPop(out var multipart);)
        {
            multipart.Text?.End();
        }
    }

    /// <inheritdoc/>
    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        fields.Restart();
        if (expectsMessageHeader)
        {
            header = tree.Header();
        }
    }

    /// <inheritdoc/>
    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        tap.Progressed();
        fields.Add(header);
        if (expectsMessageHeader && (tree.HasRoom || header.Id is HeaderId.Subject))
        {
            this.header.Add(header);
        }
    }

    /// <inheritdoc/>
    protected override void OnMimeMessageBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        expectsMessageHeader = false;
        tree.Begin(header, isWhole: !parts.TryPeek(out var part) || part.IsWholeMessage);
        header.Flag(part is null && tap.Skipped > 0 ? MailFlag.HeaderPreceded : null);
    }

    /// <inheritdoc/>
    protected override void OnMimeMessageEnd(
        long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        if (tree.Depth == 1)
        {
            return; // the mail itself; its facts are made last
        }

        var (builder, facts) = tree.End();
        if (!parts.TryPeek(out var part))
        {
            InnerSubject = builder.Subject;
            return;
        }

        part.Bytes = endOffset - beginOffset;
        part.Subject = builder.Subject;
        if (level == 0 && tree.Depth == 1 && facts is not null)
        {
            messages.Add(new AttachedMessage(tap.Skipped + beginOffset, part.Bytes, facts, builder.ClaimsJournalReport));
        }
    }

    /// <inheritdoc/>
    protected override void OnMessagePartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        var isAttachment = fields.IsFile(contentType) || OpenMessagePart.IsHeader(contentType);
        parts.Push(new OpenMessagePart(contentType, fields.Name(contentType), isAttachment));
        expectsMessageHeader = true;
    }

    /// <inheritdoc/>
    protected override void OnMessagePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines,
        CancellationToken cancellationToken)
    {
        // The part has no message if a delimiter follows at once.
        expectsMessageHeader = false;
        var part = parts.Pop();
        if (part.IsAttachment)
        {
            files.Keep(new Attachment(part.Name, FileParts.MediaType(contentType), part.Bytes, Sha256: null));
        }
    }

    /// <inheritdoc/>
    protected override void OnMultipartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        multiparts.Push(new OpenMultipart(contentType, tree.Texts?.BeginMultipart(contentType)));
        tree.Current.Flag(Protection.OfMultipart(contentType));
    }

    /// <inheritdoc/>
    protected override void OnMultipartEndBoundaryBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
        multiparts.Peek().IsEnded = true;

    /// <inheritdoc/>
    protected override void OnMultipartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines,
        CancellationToken cancellationToken)
    {
        var multipart = multiparts.Pop();
        tree.Current.Flag(multipart.IsEnded ? null : MailFlag.EndMissing);
        multipart.Text?.End();
    }

    /// <inheritdoc/>
    protected override void OnMimePartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        armor.Restart();
        partType = fields.TypeOf(contentType);
        isText = PartFields.IsText(partType) && !fields.IsAttachment;
        content = files.Open(partType, isText);
    }

    /// <inheritdoc/>
    protected override Task OnMimePartContentReadAsync(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken)
    {
        tap.Progressed();
        content?.Feed(buffer.AsSpan(startIndex, count));
        if (isText)
        {
            armor.Feed(buffer.AsSpan(startIndex, count));
        }

        return content is { NeedsPump: true } ? files.PumpAsync(content) : Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task OnMimePartContentEndAsync(
        long beginOffset, int beginLineNumber, long endOffset, int lines, NewLineFormat? newLineFormat, CancellationToken cancellationToken)
    {
        content?.End(endOffset - beginOffset, isCutOff: multiparts.Count > 0 && tap.Skipped + endOffset >= tap.Position);
        return content is { NeedsPump: true } ? files.PumpAsync(content) : Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void OnMimePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines,
        CancellationToken cancellationToken)
    {
        tree.Current.Flag(armor.Found);
        if (content is null)
        {
            return;
        }

        if (content.IsHashed)
        {
            var tnef = files.Keep(partType!, multiparts.TryPeek(out var parent) ? parent.Type.MediaSubtype : null, content);
            tree.Texts?.Add(tnef);
        }

        if (isText)
        {
            tree.Texts?.Add(partType!, content);
        }

        content.Dispose();
        content = null;
    }

    /// <inheritdoc/>
    protected override void OnMultipartPreambleRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) =>
        tap.Progressed();

    /// <inheritdoc/>
    protected override void OnMultipartEpilogueRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) =>
        tap.Progressed();
}
