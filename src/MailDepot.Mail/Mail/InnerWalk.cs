using MimeKit;

namespace MailDepot.Mail;

/// <summary>Walks a mail inside a file, or the content of a signed file, while the file's decoded bytes stream by.</summary>
/// <remarks>
/// Its messages and files count towards the mail's own limits. Only the first bytes of the file, by which it is recognized,
/// and its parser's buffer are held in memory.
/// </remarks>
internal sealed class InnerWalk : IDisposable
{
    /// <summary>
    /// Files inside files; a signed mail forwarded as a file a few times has three or four levels. Each level holds a parser
    /// with its buffer; deeper content is flagged <see cref="MailFlag.PartsCut"/>.
    /// </summary>
    private const int MaxLevels = 8;

    private readonly MessageTree tree;
    private readonly int level;
    private readonly bool isDeclared;
    private readonly string? unpackedFrom;
    private readonly SignedContent? signed;
    private readonly PushedStream stream = new();
    private byte[] head = [];
    private int headCount;
    private bool isDecided;
    private MailTap? tap;
    private MailWalk? walk;
    private Task? reading;

    private InnerWalk(MessageTree tree, int level, bool isDeclared = false, SignedContent? signed = null, string? unpackedFrom = null) =>
        (this.tree, this.level, this.isDeclared, this.signed, this.unpackedFrom) = (tree, level, isDeclared, signed, unpackedFrom);

    /// <summary>The subject of the mail inside, if it was read to its end.</summary>
    public string? Subject => walk?.InnerSubject;

    /// <summary>The signed content is truncated.</summary>
    public bool IsUncertain => signed is { IsCut: true };

    /// <summary>Its parser has bytes to read.</summary>
    public bool NeedsPump => walk is not null && stream.HasUnread;

    /// <summary>Creates a walk for a file that may contain a mail; null for any other file.</summary>
    /// <param name="type">The declared type.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="isEncoded">The content is encoded, so that the outer parser could not read it.</param>
    /// <param name="tree">Collects the messages and files inside.</param>
    /// <param name="level">The level of the walk that found the file; the mail itself is level 0.</param>
    public static InnerWalk? Of(ContentType type, string? name, bool isEncoded, MessageTree tree, int level)
    {
        if (OpenMessagePart.IsWhole(type))
        {
            return isEncoded ? new InnerWalk(tree, level, isDeclared: true) : null;
        }

        var isUntyped = type.IsMimeType("application", "octet-stream");
        var isSmime = type.IsMimeType("application", "pkcs7-mime") || type.IsMimeType("application", "x-pkcs7-mime");
        if (isSmime || (isUntyped && Ends(name, ".p7m")))
        {
            return new InnerWalk(tree, level, signed: new SignedContent(), unpackedFrom: name ?? "smime.p7m");
        }

        return isUntyped || Ends(name, OpenMessagePart.Extension) ? new InnerWalk(tree, level) : null;
    }

    /// <summary>Takes the next decoded bytes of the file.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (signed is null)
        {
            Take(bytes);
        }
        else
        {
            signed.Feed(bytes, Take);
        }
    }

    /// <summary>The file has ended.</summary>
    public void End()
    {
        Decide();
        stream.End();
    }

    /// <summary>Lets the parser read what has arrived; after <see cref="End"/>, to the end.</summary>
    public Task PumpAsync()
    {
        reading ??= ReadAsync(walk!);
        return stream.DrainAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        walk?.Dispose();
        tap?.Dispose();
    }

    private static bool Ends(string? name, string extension) =>
        name is not null && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (!isDecided)
        {
            var taken = bytes[..Math.Min(bytes.Length, FileType.SniffedBytes - headCount)];
            if (head.Length < headCount + taken.Length)
            {
                Array.Resize(ref head, Math.Min(FileType.SniffedBytes, Math.Max(headCount + taken.Length, 2 * head.Length)));
            }

            taken.CopyTo(head.AsSpan(headCount));
            headCount += taken.Length;
            bytes = bytes[taken.Length..];
            if (headCount < FileType.SniffedBytes)
            {
                return;
            }

            Decide();
        }

        if (walk is not null && !bytes.IsEmpty)
        {
            stream.Feed(bytes);
        }
    }

    private void Decide()
    {
        if (isDecided)
        {
            return;
        }

        isDecided = true;
        var beginning = head.AsSpan(0, headCount);
        var isOne = signed is not null ? MailHead.IsEntity(beginning)
            : isDeclared ? MailHead.IsHeader(beginning)
            : MailHead.IsMail(beginning);
        if (!isOne || tree.Current.Number < 0)
        {
            return;
        }

        if (level == MaxLevels || (signed is null && !tree.HasRoom))
        {
            tree.Root!.Flag(MailFlag.PartsCut);
            return;
        }

        tap = new MailTap(stream, observer: null);
        walk = new MailWalk(tap, tree, level + 1, unpackedFrom);
        stream.Feed(beginning);
        head = [];
    }

    private async Task ReadAsync(MailWalk parser)
    {
        try
        {
            await (signed is null ? parser.ReadMessageAsync() : parser.ReadEntityAsync());
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Untrusted input, as in MailReader: the file is kept, and so is what was found in it so far.
        }

        parser.EndOpen();
        stream.Complete();
    }
}
