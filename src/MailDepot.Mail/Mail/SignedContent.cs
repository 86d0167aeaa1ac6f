using System.Formats.Asn1;

namespace MailDepot.Mail;

/// <summary>Extracts the content of CMS signed data (RFC 5652 §5.1) as the file streams by. The signature is not checked.</summary>
/// <remarks>
/// BER, as Outlook and OpenSSL write it: lengths may be indefinite, and the content may be split into many octet strings. The
/// path to it is fixed; a file that does not follow the path has no readable content, such as a detached signature.
/// </remarks>
internal sealed class SignedContent
{
    /// <summary>Bytes of a tag with its length; .NET reads lengths of up to five bytes, and BER allows leading zeros.</summary>
    private const int MaxHeadLength = 16;

    /// <summary>Bytes of the longest object identifier that is compared.</summary>
    private const int MaxIdLength = 16;

    /// <summary>Nested octet strings, and nested indefinite elements inside a skipped one; real writers nest one or two.</summary>
    private const int MaxNesting = 16;

    /// <summary>
    /// ContentInfo, id-signedData, its content; SignedData, version, digests; EncapsulatedContentInfo, id-data, its content.
    /// </summary>
    private static readonly (Asn1Tag Tag, Act Act)[] Path =
    [
        (Asn1Tag.Sequence, Act.Enter),
        (Asn1Tag.ObjectIdentifier, Act.Compare),
        (new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true), Act.Enter),
        (Asn1Tag.Sequence, Act.Enter),
        (Asn1Tag.Integer, Act.Skip),
        (Asn1Tag.SetOf, Act.Skip),
        (Asn1Tag.Sequence, Act.Enter),
        (Asn1Tag.ObjectIdentifier, Act.Compare),
        (new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true), Act.Enter),
        (Asn1Tag.PrimitiveOctetString, Act.Read),
    ];

    private readonly byte[] head = new byte[MaxHeadLength];
    private readonly List<byte> id = [];
    private readonly Stack<long?> strings = [];
    private int headCount;
    private int step;
    private int skipped;
    private long position;
    private long left;
    private Act act;
    private bool hasBegun;
    private bool isOver;

    private enum Act
    {
        Enter,
        Compare,
        Skip,
        Read,
    }

    /// <summary>The content has started but not ended.</summary>
    public bool IsCut { get; private set; }

    /// <summary>1.2.840.113549.1.7; the arc after it is 2 for signed data, 1 for data.</summary>
    private static ReadOnlySpan<byte> Pkcs7 => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07];

    /// <summary>Takes the next bytes of the file and passes those of the content to <paramref name="content"/>.</summary>
    public void Feed(ReadOnlySpan<byte> bytes, Action<ReadOnlySpan<byte>> content)
    {
        while (!bytes.IsEmpty && !isOver)
        {
            if (left == 0)
            {
                head[headCount++] = bytes[0];
                bytes = bytes[1..];
                position++;
                TakeHead();
                continue;
            }

            var piece = bytes[..(int)Math.Min(bytes.Length, left)];
            bytes = bytes[piece.Length..];
            (left, position) = (left - piece.Length, position + piece.Length);
            if (act is Act.Read)
            {
                content(piece);
            }
            else if (act is Act.Compare)
            {
                id.AddRange(piece);
            }

            if (left == 0)
            {
                EndElement();
            }
        }
    }

    private void TakeHead()
    {
        var read = head.AsSpan(0, headCount);
        if (Asn1Tag.TryDecode(read, out var tag, out var length)
            && AsnDecoder.TryDecodeLength(read[length..], AsnEncodingRules.BER, out var bytes, out _))
        {
            headCount = 0;
            Begin(tag, bytes);
        }
        else if (headCount == MaxHeadLength)
        {
            GiveUp();
        }
    }

    private void Begin(Asn1Tag tag, int? length)
    {
        var isEnd = tag.HasSameClassAndValue(new Asn1Tag(UniversalTagNumber.EndOfContents));
        if (skipped > 0)
        {
            skipped += isEnd ? -1 : length is null ? 1 : 0;
            left = isEnd ? 0 : length ?? 0;
            step += skipped == 0 ? 1 : 0;
            isOver |= skipped > MaxNesting;
        }
        else if (strings.Count > 0 && isEnd)
        {
            EndString(strings.Pop() is null);
        }
        else if (!tag.HasSameClassAndValue(Path[step].Tag))
        {
            GiveUp();
        }
        else
        {
            act = Path[step].Act;
            Begin(tag.IsConstructed, length);
        }
    }

    private void Begin(bool isConstructed, int? length)
    {
        switch (act)
        {
            case Act.Enter when isConstructed:
                step++;
                break;
            case Act.Compare when length is > 0 and <= MaxIdLength:
                id.Clear();
                left = length.Value;
                break;
            case Act.Skip:
                (left, skipped) = (length ?? 0, length is null ? 1 : 0);
                step += length == 0 ? 1 : 0;
                break;
            case Act.Read when isConstructed && strings.Count < MaxNesting:
                IsCut = hasBegun = true;
                strings.Push(length is null ? null : position + length);
                EndString(isRight: true);
                break;
            case Act.Read when !isConstructed && length is not null:
                IsCut = hasBegun = true;
                left = length.Value;
                if (left == 0)
                {
                    EndElement();
                }

                break;
            default:
                GiveUp();
                break;
        }
    }

    private void EndElement()
    {
        if (act is Act.Read)
        {
            EndString(isRight: true);
        }
        else if (act is Act.Skip)
        {
            step += skipped == 0 ? 1 : 0;
        }
        else
        {
            // The first identifier must be signed data, the second data, such as a part of a mail.
            byte arc = step == 1 ? (byte)2 : (byte)1;
            isOver = !id.SequenceEqual((byte[])[.. Pkcs7, arc]);
            step++;
        }
    }

    /// <summary>Ends the octet strings that end here; after the outermost one the content is complete.</summary>
    private void EndString(bool isRight)
    {
        while (strings.TryPeek(out var end) && end <= position)
        {
            isRight &= end == position;
            strings.Pop();
        }

        isOver = strings.Count == 0 || !isRight;
        IsCut = !isRight || strings.Count > 0;
    }

    private void GiveUp()
    {
        isOver = true;
        IsCut = hasBegun;
    }
}
