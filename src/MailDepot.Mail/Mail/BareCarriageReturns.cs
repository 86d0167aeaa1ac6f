using MimeKit;

namespace MailDepot.Mail;

/// <summary>Splits header fields separated by CR alone, as Macs wrote them until 2001; the parser sees a single field.</summary>
/// <remarks>Facts are made from these fields; the body after them is not found. A stray CR may also occur inside a field.</remarks>
internal static class BareCarriageReturns
{
    /// <summary>Known fields that must start after a CR; with fewer, the CRs are stray ones inside one field.</summary>
    private const int FewestFields = 2;

    /// <summary>More than any real mail has; each field costs many times its length in memory.</summary>
    private const int MaxFields = 500;

    /// <summary>The fields in <paramref name="header"/>; null for an ordinary field.</summary>
    public static List<Header>? Split(Header header)
    {
        var rest = header.RawValue.AsSpan();
        var end = IndexIn(rest);
        if (end < 0)
        {
            return null;
        }

        var (fields, known) = (new List<Header>(), 0);
        List<byte> field = [.. header.RawField, (byte)':', .. rest[..end]];
        while (end >= 0 && fields.Count < MaxFields)
        {
            rest = rest[(end + 1)..];
            end = IndexIn(rest);
            var line = end < 0 ? rest : rest[..end];
            if (line.TrimEnd("\r\n"u8).IsEmpty)
            {
                break;
            }

            if (HeaderPreamble.IsField(line))
            {
                AddTo(fields, field);
                known += HeaderPreamble.IsKnown(line) ? 1 : 0;
                field = [.. line];
            }
            else
            {
                field.AddRange([(byte)' ', .. line.TrimStart(" \t"u8)]);
            }
        }

        AddTo(fields, field);
        return known >= FewestFields ? fields : null;
    }

    private static void AddTo(List<Header> fields, List<byte> field)
    {
        if (Header.TryParse(MimeParsing.Options, [.. field], out var header))
        {
            fields.Add(header);
        }
    }

    /// <summary>Position of the first CR that is not followed by LF; -1 if there is none. A CR at the very end does not count.</summary>
    private static int IndexIn(ReadOnlySpan<byte> bytes)
    {
        for (var at = bytes.IndexOf((byte)'\r'); at >= 0 && at + 1 < bytes.Length;)
        {
            if (bytes[at + 1] != (byte)'\n')
            {
                return at;
            }

            var next = bytes[(at + 1)..].IndexOf((byte)'\r');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return -1;
    }
}
