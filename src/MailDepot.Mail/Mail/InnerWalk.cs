using MimeKit;

namespace MailDepot.Mail;

/// <summary>A mail inside a file, or what a signature wraps, walked while the file's decoded bytes go by.</summary>
/// <remarks>
/// Its messages and files count as the mail's own do, within the same limits. Of the file nothing is held but the
/// beginning by which it is recognised, and the buffer of its parser.
/// </remarks>
internal sealed class InnerWalk : IDisposable
{
    /// <summary>
    /// Files in files: a signed mail that was forwarded as a file a few times is three or four. Each level holds a parser
    /// with its buffer; what lies deeper is flagged <see cref="MailFlag.PartsCut"/>.
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

    /// <summary>The subject of the mail, if it is one that was read to its end.</summary>
    public string? Subject => walk?.InnerSubject;

    /// <summary>What a signature wraps is not there to its end.</summary>
    public bool IsUncertain => signed is { IsCut: true };

    /// <summary>Its parser has something to read.</summary>
    public bool NeedsPump => walk is not null && stream.HasUnread;

    /// <summary>For a file that may hold a mail; null for any other.</summary>
    /// <param name="type">Declared.</param>
    /// <param name="name">Of the file.</param>
    /// <param name="isEncoded">The parser could not look into it.</param>
    /// <param name="tree">Where messages and files inside it go.</param>
    /// <param name="level">Of the walk that found it; that of the mail itself is 0.</param>
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

    /// <summary>The next decoded bytes of the file.</summary>
    public void Feed(ReadOnlySpan<byte> octets)
    {
        if (signed is null)
        {
            Take(octets);
        }
        else
        {
            signed.Feed(octets, Take);
        }
    }

    /// <summary>The file is over.</summary>
    public void End()
    {
        Decide();
        stream.End();
    }

    /// <summary>Lets the parser read what came; after <see cref="End"/>, to the end.</summary>
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

    private void Take(ReadOnlySpan<byte> octets)
    {
        if (!isDecided)
        {
            var taken = octets[..Math.Min(octets.Length, FileType.SniffedBytes - headCount)];
            if (head.Length < headCount + taken.Length)
            {
                Array.Resize(ref head, Math.Min(FileType.SniffedBytes, Math.Max(headCount + taken.Length, 2 * head.Length)));
            }

            taken.CopyTo(head.AsSpan(headCount));
            headCount += taken.Length;
            octets = octets[taken.Length..];
            if (headCount < FileType.SniffedBytes)
            {
                return;
            }

            Decide();
        }

        if (walk is not null && !octets.IsEmpty)
        {
            stream.Feed(octets);
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
            // Bytes from strangers, as in MailReader: the file is kept, and so is what was found in it before.
        }

        parser.EndOpen();
        stream.Complete();
    }
}
