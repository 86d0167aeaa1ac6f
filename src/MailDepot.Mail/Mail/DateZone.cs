using System.Collections.Frozen;
using System.Globalization;

namespace MailDepot.Mail;

/// <summary>Time zones as written in Date fields.</summary>
internal static class DateZone
{
    /// <summary>No place on earth is farther from UTC; it is also .NET's limit.</summary>
    private static readonly TimeSpan Farthest = TimeSpan.FromHours(14);

    /// <summary>Hours from UTC of the names that RFC 5322 §4.3 defines.</summary>
    private static readonly FrozenDictionary<string, double> Standard = new Dictionary<string, double>(StringComparer.OrdinalIgnoreCase)
    {
        ["UT"] = 0,
        ["UTC"] = 0,
        ["GMT"] = 0,
        ["Z"] = 0,
        ["EST"] = -5,
        ["EDT"] = -4,
        ["CST"] = -6,
        ["CDT"] = -5,
        ["MST"] = -7,
        ["MDT"] = -6,
        ["PST"] = -8,
        ["PDT"] = -7,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Names with a single meaning in the time zone database. A guess: the RFC gives them no meaning, and some programs write
    /// CET in summer, too. IST, BST, AST and the like are ambiguous and therefore left out, and so are the military letters,
    /// which were defined with the wrong sign (RFC 1123 §5.2.14).
    /// </summary>
    private static readonly FrozenDictionary<string, double> Usual = new Dictionary<string, double>(StringComparer.OrdinalIgnoreCase)
    {
        ["WET"] = 0,
        ["WEST"] = 1,
        ["CET"] = 1,
        ["MET"] = 1,
        ["MEZ"] = 1,
        ["CEST"] = 2,
        ["MEST"] = 2,
        ["MESZ"] = 2,
        ["EET"] = 2,
        ["EEST"] = 3,
        ["MSK"] = 3,
        ["SAST"] = 2,
        ["HKT"] = 8,
        ["JST"] = 9,
        ["KST"] = 9,
        ["AWST"] = 8,
        ["ACST"] = 9.5,
        ["AEST"] = 10,
        ["AEDT"] = 11,
        ["NZST"] = 12,
        ["NZDT"] = 13,
        ["HST"] = -10,
        ["AKST"] = -9,
        ["AKDT"] = -8,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, double>.AlternateLookup<ReadOnlySpan<char>> StandardOf =
        Standard.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenDictionary<string, double>.AlternateLookup<ReadOnlySpan<char>> UsualOf =
        Usual.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Reads <c>+0100</c>, <c>+01:00</c>, <c>GMT+0100</c>, <c>EST</c>; null if it is not a zone.</summary>
    /// <param name="word">Without blanks.</param>
    /// <param name="isCertain">The word can't mean another offset.</param>
    public static TimeSpan? Read(ReadOnlySpan<char> word, out bool isCertain)
    {
        isCertain = true;
        var sign = word.IndexOfAny('+', '-');
        if (sign < 0)
        {
            return Named(word, out isCertain);
        }

        if (sign == 0)
        {
            isCertain = word.Length != "+100".Length || word.Contains(':');
            return Offset(word);
        }

        // A name and an offset: after UTC's name the offset counts, after another zone's they should agree.
        var (name, offset) = (Named(word[..sign], out _), Read(word[sign..], out isCertain));
        isCertain &= name == offset || (name == TimeSpan.Zero && StandardOf.ContainsKey(word[..sign]));
        return name is null ? null : offset;
    }

    /// <summary>Reads a sign and hours, with or without minutes: <c>+1</c>, <c>+01</c>, <c>+100</c>, <c>+0100</c>, <c>+01:00</c>.</summary>
    public static TimeSpan? Offset(ReadOnlySpan<char> word)
    {
        var digits = word[1..];
        var colon = digits.IndexOf(':');
        var hourDigits = colon >= 0 ? colon : digits.Length <= 2 ? digits.Length : digits.Length - 2;
        var minuteDigits = digits[hourDigits..].TrimStart(':');
        if (hourDigits is < 1 or > 2 || minuteDigits.Length is not (0 or 2) || (colon >= 0 && digits.Length != colon + 3)
            || !int.TryParse(digits[..hourDigits], NumberStyles.None, CultureInfo.InvariantCulture, out var hours))
        {
            return null;
        }

        var minutes = 0;
        if (!minuteDigits.IsEmpty
            && (!int.TryParse(minuteDigits, NumberStyles.None, CultureInfo.InvariantCulture, out minutes) || minutes > 59))
        {
            return null;
        }

        var offset = new TimeSpan(hours, minutes, 0);
        return offset > Farthest ? null : word[0] == '-' ? -offset : offset;
    }

    private static TimeSpan? Named(ReadOnlySpan<char> name, out bool isCertain)
    {
        isCertain = StandardOf.TryGetValue(name, out var hours);
        return isCertain || UsualOf.TryGetValue(name, out hours) ? TimeSpan.FromHours(hours) : null;
    }
}
