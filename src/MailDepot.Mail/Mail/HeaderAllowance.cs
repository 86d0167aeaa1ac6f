using MimeKit;

namespace MailDepot.Mail;

/// <summary>Octets of header fields from which facts may still be made, for a mail and all messages attached to it.</summary>
internal sealed class HeaderAllowance
{
    /// <summary>Octets of one field: Exchange takes no longer header in all (Set-ReceiveConnector, MaxHeaderSize).</summary>
    private const int MaxField = 256 * 1024;

    /// <summary>Characters of a subject, an id, an address or a name: twice the longest line (RFC 5322 §2.1.1).</summary>
    public const int MaxText = 2 * 998;

    /// <summary>Octets of address fields that may be read with tolerance for commas in names: some 50 ms for 4 KiB at the worst, the square for more.</summary>
    private const int MaxTolerantField = 4 * 1024;

    /// <summary>A report of the longest header around a mail of the longest header is read whole; a thousand attached mails don't fill memory.</summary>
    private int left = 4 * MaxField;

    /// <summary>Octets that a field costs beside its value: a hundred thousand empty ones fill no memory, either.</summary>
    private const int FieldCost = 64;

    private int tolerance = 16 * MaxTolerantField;

    /// <summary>The octets of the field's value to read; none of it once the allowance is used up.</summary>
    public ReadOnlyMemory<byte> Take(Header header)
    {
        var count = Math.Min(header.RawValue.Length, Math.Min(MaxField, left));
        left = Math.Max(0, left - count - FieldCost);
        var value = header.RawValue.AsMemory(0, count);
        return count < header.RawValue.Length ? value.ToArray() : value;
    }

    /// <summary>Whether an address field of so many octets may be read with the tolerance that costs time.</summary>
    public bool MayBeTolerant(int length)
    {
        if (length > MaxTolerantField || length > tolerance)
        {
            return false;
        }

        tolerance -= length;
        return true;
    }

    /// <summary>At most <paramref name="length"/> characters, never half a surrogate pair.</summary>
    public static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
