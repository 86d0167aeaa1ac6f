using System.Text;

namespace MailDepot.Mail;

/// <summary>Recognizes a mail, or a MIME part, by the header fields at its beginning.</summary>
internal static class MailHead
{
    /// <summary>Fields of a mail (RFC 5322 §3.6) that hardly any other file has.</summary>
    private static readonly string[] OfMail =
        ["From", "Sender", "To", "Cc", "Subject", "Message-ID", "Received", "Return-Path", "Delivered-To", "Reply-To"];

    /// <summary>Fields that mails share with other files that have a header, such as HTTP responses.</summary>
    private static readonly string[] OfOthers =
        ["Date", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID"];

    /// <summary>Has several fields of a mail, at least one of them hardly found elsewhere.</summary>
    public static bool IsMail(ReadOnlySpan<byte> beginning)
    {
        const int Several = 3;
        return Count(beginning) is var (mail, others) && mail > 0 && mail + others >= Several;
    }

    /// <summary>Has at least one field of a mail: enough if the declared type is that of a mail.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> beginning) => Count(beginning) is var (mail, others) && mail + others > 0;

    /// <summary>Is a MIME part, as in a signed mail (RFC 8551 §3.1). Any file can be signed; most signed files are not mails.</summary>
    public static bool IsEntity(ReadOnlySpan<byte> beginning) => Count(beginning) is (_, > 0);

    /// <summary>Counts the different fields of each kind in the header; none if any line is not a field.</summary>
    private static (int Mail, int Others) Count(ReadOnlySpan<byte> beginning)
    {
        var (mail, others) = (0, 0);
        var isFirst = true;
        for (var rest = beginning; !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = (end < 0 ? rest : rest[..end]).TrimEnd((byte)'\r');
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (line.IsEmpty)
            {
                break;
            }

            // An mbox line may come first; continuation lines start with a blank.
            var isOther = isFirst ? line.StartsWith("From "u8) : line[0] is (byte)' ' or (byte)'\t';
            isFirst = false;
            if (isOther)
            {
                continue;
            }

            var colon = line.IndexOf((byte)':');
            var name = line[..Math.Max(0, colon)].TrimEnd(" \t"u8);
            if (name.IsEmpty || name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            {
                // The last line may be truncated.
                return end < 0 && colon < 0 ? (Bits(mail), Bits(others)) : (0, 0);
            }

            mail |= Bit(OfMail, name);
            others |= Bit(OfOthers, name);
        }

        return (Bits(mail), Bits(others));
    }

    private static int Bit(string[] names, ReadOnlySpan<byte> name)
    {
        for (var n = 0; n < names.Length; n++)
        {
            if (Ascii.EqualsIgnoreCase(name, names[n]))
            {
                return 1 << n;
            }
        }

        return 0;
    }

    private static int Bits(int set) => int.PopCount(set);
}
