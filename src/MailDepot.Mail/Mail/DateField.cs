using System.Buffers;
using System.Globalization;
using System.Text;

namespace MailDepot.Mail;

/// <summary>Reads a date word by word, in any order that programs write it, and tells whether all of it was understood.</summary>
/// <remarks>
/// RFC 5322 §3.3 and §4.3, <c>asctime</c>, JavaScript's <c>toString</c> and ISO 8601 are certain. A value is uncertain if a
/// word was skipped, or if the zone, time or month had to be guessed.
/// </remarks>
internal sealed class DateField
{
    /// <summary>Two-digit years below this are in the 2000s (RFC 5322 §4.3).</summary>
    private const int CenturyPivot = 50;

    private static readonly SearchValues<char> InTime = SearchValues.Create("0123456789:.");

    private int? year, month, day;
    private DayOfWeek? dayOfWeek;
    private TimeSpan? time, zone;
    private bool zoneIsName, isUncertain;

    /// <summary>Returns the date; null unless day, month and year are all there.</summary>
    /// <param name="text">Unfolded or not.</param>
    /// <param name="isCertain">Nothing was ignored or guessed.</param>
    public static DateTimeOffset? Read(string text, out bool isCertain)
    {
        var field = new DateField();
        var plain = WithoutComments(text, out var comment);
        foreach (var word in plain.AsSpan().SplitAny(" \t\r\n,\""))
        {
            field.Take(plain.AsSpan(word));
        }

        var date = field.ToDate(comment);
        isCertain = date is not null && !field.isUncertain;
        return date;
    }

    /// <summary>Removes comments, which may be nested, and blanks beside colons (RFC 5322 §3.2.2 and §4.3).</summary>
    private static string WithoutComments(string text, out string? comment)
    {
        comment = null;
        if (!text.AsSpan().ContainsAny('(', ')')
            && !text.Contains(" :", StringComparison.Ordinal) && !text.Contains(": ", StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '(')
            {
                var end = EndOfComment(text, at);
                (comment, at) = (text[(at + 1)..end].TrimEnd(')'), end - 1);
            }

            var letter = text[at] is ')' or '\t' or '\r' or '\n' ? ' ' : text[at];
            plain.Length -= letter == ':' && plain.Length > 0 && plain[^1] == ' ' ? 1 : 0;
            if (letter != ' ' || (plain.Length > 0 && plain[^1] is not (' ' or ':')))
            {
                plain.Append(letter);
            }
        }

        return plain.ToString();
    }

    /// <summary>The position after the closing bracket; the text's length if it is missing.</summary>
    private static int EndOfComment(string text, int at)
    {
        var depth = 0;
        for (; at < text.Length; at++)
        {
            depth += text[at] switch { '(' => 1, ')' => -1, _ => 0 };
            at += text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
            if (depth == 0)
            {
                return at + 1;
            }
        }

        return text.Length;
    }

    private void Take(ReadOnlySpan<char> word)
    {
        word = word.TrimEnd('.');
        if (word.IsEmpty)
        {
            return;
        }

        if (char.IsAsciiDigit(word[0]))
        {
            isUncertain |= !(TryNumber(word) || TryIsoDate(word) || TryTime(word) || TryDashes(word));
        }
        else
        {
            isUncertain |= !(TryDayOfWeek(word) || TryMonth(word) || TryHalfOfDay(word) || TryZone(word));
        }
    }

    private bool TryNumber(ReadOnlySpan<char> word)
    {
        if (word.Length > 4 || !int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        if (word.Length <= 2 && day is null)
        {
            day = number;
            return true;
        }

        if (word.Length > 1 && year is null)
        {
            year = word.Length == 4 ? number : number + (word.Length == 2 && number < CenturyPivot ? 2000 : 1900);
            return true;
        }

        // Four digits after the time are an offset that lacks its sign.
        zone ??= time is null || word.Length != 4 ? null : DateZone.Offset($"+{word}");
        return false;
    }

    private bool TryIsoDate(ReadOnlySpan<char> word)
    {
        const string Form = "yyyy-MM-dd";
        if (year is not null || word.Length < Form.Length
            || !DateOnly.TryParseExact(word[..Form.Length], Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            return false;
        }

        (year, month, day) = (date.Year, date.Month, date.Day);
        var rest = word[Form.Length..];
        if (!rest.IsEmpty && rest[0] is not ('T' or 't'))
        {
            return false;
        }

        Take(rest.IsEmpty ? rest : rest[1..]);
        return true;
    }

    /// <summary>A time, perhaps with a zone attached: <c>10:00:00Z</c>.</summary>
    private bool TryTime(ReadOnlySpan<char> word)
    {
        var length = word.IndexOfAnyExcept(InTime);
        length = length < 0 ? word.Length : length;
        if (time is not null || DateClock.Read(word[..length], out var isCertain) is not { } clock)
        {
            return false;
        }

        time = clock;
        Take(word[length..]);
        return isCertain;
    }

    /// <summary><c>02-Mar-2026</c>.</summary>
    private bool TryDashes(ReadOnlySpan<char> word)
    {
        Span<Range> parts = stackalloc Range[4];
        if (word.Split(parts, '-') != 3 || word[parts[1]].IsEmpty || !char.IsLetter(word[parts[1]][0]))
        {
            return false;
        }

        foreach (var part in parts[..3])
        {
            Take(word[part]);
        }

        return true;
    }

    private bool TryDayOfWeek(ReadOnlySpan<char> word)
    {
        if (DateNames.DayOfWeek(word) is not { } named || dayOfWeek is not null)
        {
            return false;
        }

        dayOfWeek = named;
        return true;
    }

    private bool TryMonth(ReadOnlySpan<char> word)
    {
        if (DateNames.Month(word, out var isEnglish) is not { } named)
        {
            return false;
        }

        // Of two, the first was a day of the week: "mar. 3 mars".
        var isFirst = month is null;
        month = named;
        return isEnglish && isFirst;
    }

    /// <summary>AM or PM.</summary>
    private bool TryHalfOfDay(ReadOnlySpan<char> word)
    {
        var isPm = word.Equals("PM", StringComparison.OrdinalIgnoreCase) || word.Equals("p.m", StringComparison.OrdinalIgnoreCase);
        var isAm = word.Equals("AM", StringComparison.OrdinalIgnoreCase) || word.Equals("a.m", StringComparison.OrdinalIgnoreCase);
        if (time is not { } clock || !(isPm || isAm) || clock.Hours is 0 or > 12 || clock.Days > 0)
        {
            return false;
        }

        time = clock + TimeSpan.FromHours((isPm, clock.Hours) switch { (true, < 12) => 12, (false, 12) => -12, _ => 0 });
        return true;
    }

    private bool TryZone(ReadOnlySpan<char> word)
    {
        if (DateZone.Read(word, out var isCertain) is not { } offset)
        {
            return false;
        }

        // GMT +0100 is one zone in two words; +0100 CET repeats itself.
        var isName = char.IsLetter(word[^1]);
        var (isSame, isRest) = (zone == offset, zoneIsName && zone == TimeSpan.Zero && !isName);
        if (zone is null || isRest)
        {
            (zone, zoneIsName) = (offset, isName);
            return isCertain;
        }

        return isSame;
    }

    private DateTimeOffset? ToDate(string? comment)
    {
        if (year is not (> 0 and < 10_000) || month is null || day is not > 0 || day > DateTime.DaysInMonth(year.Value, month.Value))
        {
            return null;
        }

        // The day of the week must match the date (RFC 5322 §3.3).
        var date = new DateTime(year.Value, month.Value, day.Value, 0, 0, 0, DateTimeKind.Unspecified);
        isUncertain |= time is null || zone is null || (dayOfWeek ?? date.DayOfWeek) != date.DayOfWeek;
        zone ??= DateZone.Read(comment, out _) ?? TimeSpan.Zero;
        time ??= TimeSpan.Zero;

        // A time that .NET can't represent is absurd for a mail anyway.
        var utc = date.Ticks + time.Value.Ticks - zone.Value.Ticks;
        return utc < 0 || utc > DateTime.MaxValue.Ticks ? DateTimeOffset.MinValue
            : new DateTimeOffset(utc, TimeSpan.Zero).ToOffset(zone.Value);
    }
}
