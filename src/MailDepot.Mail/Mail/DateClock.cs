using System.Globalization;

namespace MailDepot.Mail;

/// <summary>Times of day as written in Date fields.</summary>
internal static class DateClock
{
    /// <summary>Reads <c>10:00</c>, <c>10:00:00</c>, <c>10:00:00.123</c>, or with dots <c>10.00.00</c>; null if it is not a time.</summary>
    /// <param name="word">Digits, colons and dots.</param>
    /// <param name="isCertain">False for a leap second, which .NET can't represent, and for 24:00.</param>
    public static TimeSpan? Read(ReadOnlySpan<char> word, out bool isCertain)
    {
        isCertain = true;
        Span<Range> parts = stackalloc Range[5];
        var count = word.SplitAny(parts, ":.");
        if (count is < 2 or > 4 || (count == 4 && word[parts[3].Start.Value - 1] != '.'))
        {
            return null;
        }

        Span<int> numbers = [0, 0, 0];
        for (var n = 0; n < Math.Min(count, 3); n++)
        {
            var part = word[parts[n]];
            if (part.Length > 2 || !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[n]))
            {
                return null;
            }
        }

        // ISO 8601 allows 24:00; RFC 5322 §3.3 only 00:00 to 23:59:60, and some programs count hours from 1 to 24.
        var (hour, minute, second) = (numbers[0], numbers[1], numbers[2]);
        if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && minute + second > 0))
        {
            return null;
        }

        isCertain = second < 60 && hour < 24;
        return new TimeSpan(hour, minute, Math.Min(second, 59)) + (count == 4 ? Fraction(word[parts[3]]) : TimeSpan.Zero);
    }

    private static TimeSpan Fraction(ReadOnlySpan<char> digits) =>
        double.TryParse($"0.{digits}", NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var part)
            ? TimeSpan.FromMilliseconds(Math.Floor(part * 1000))
            : TimeSpan.Zero;
}
