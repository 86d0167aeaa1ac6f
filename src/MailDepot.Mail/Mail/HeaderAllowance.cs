using MimeKit;

namespace MailDepot.Mail;

/// <summary>The budget of header bytes from which facts are made, for a mail and all messages attached to it.</summary>
internal sealed class HeaderAllowance
{
    /// <summary>Bytes of one field; Exchange limits a whole header to this (Set-ReceiveConnector, MaxHeaderSize).</summary>
    private const int MaxField = 256 * 1024;

    /// <summary>Characters of a subject, an id, an address or a name: twice the longest line (RFC 5322 §2.1.1).</summary>
    public const int MaxText = 2 * 998;

    /// <summary>
    /// Bytes of an address field that may be parsed with tolerance for commas in names: 4 KiB take some 50 ms at worst, and time
    /// grows with the square of the length.
    /// </summary>
    private const int MaxTolerantField = 4 * 1024;

    /// <summary>
    /// Enough for a report with the longest header around a mail with the longest header, yet a thousand attached mails can't
    /// fill memory.
    /// </summary>
    private int left = 4 * MaxField;

    /// <summary>Bytes charged for a field besides its value, so that a hundred thousand empty ones can't fill memory either.</summary>
    private const int FieldCost = 64;

    private int tolerance = 16 * MaxTolerantField;

    /// <summary>The part of the field's value to read; empty once the budget is used up.</summary>
    public ReadOnlyMemory<byte> Take(Header header)
    {
        var count = Math.Min(header.RawValue.Length, Math.Min(MaxField, left));
        left = Math.Max(0, left - count - FieldCost);
        var value = header.RawValue.AsMemory(0, count);
        return count < header.RawValue.Length ? value.ToArray() : value;
    }

    /// <summary>Whether an address field of this many bytes may be parsed tolerantly, which takes time.</summary>
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
