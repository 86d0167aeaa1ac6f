using MimeKit;

namespace MailDepot.Mail;

/// <summary>Header fields parted by carriage returns alone, as Macs wrote them until 2001: the parser takes all of them for one.</summary>
/// <remarks>Facts are made of them; what comes after the header, the parser does not find. A return may stand in a field, too.</remarks>
internal static class BareCarriageReturns
{
    /// <summary>Known fields that must begin behind a return; fewer are a blemish of the one field.</summary>
    private const int FewestFields = 2;

    /// <summary>More than mail has; each costs memory many times its length.</summary>
    private const int MostFields = 500;

    /// <summary>The fields that <paramref name="header"/> is; null for an ordinary one.</summary>
    public static List<Header>? Part(Header header)
    {
        var rest = header.RawValue.AsSpan();
        var end = IndexIn(rest);
        if (end < 0)
        {
            return null;
        }

        var (fields, known) = (new List<Header>(), 0);
        List<byte> field = [.. header.RawField, (byte)':', .. rest[..end]];
        while (end >= 0 && fields.Count < MostFields)
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

    /// <summary>Where a return is that no line feed follows; -1 if there is none. The last octet is none.</summary>
    private static int IndexIn(ReadOnlySpan<byte> octets)
    {
        for (var at = octets.IndexOf((byte)'\r'); at >= 0 && at + 1 < octets.Length;)
        {
            if (octets[at + 1] != (byte)'\n')
            {
                return at;
            }

            var next = octets[(at + 1)..].IndexOf((byte)'\r');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return -1;
    }
}
