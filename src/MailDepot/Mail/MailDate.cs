using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>When a mail was sent, by its own words, and whether they can be believed.</summary>
/// <remarks>
/// Absurd is what no mail can say: before <see cref="First"/>, a year with zeros in front of it (a program that had no date), or
/// more than <see cref="AheadOfHop"/> after the newest hop took it, which is the newest Received field; without one,
/// from <see cref="Last"/> on. A clock is not asked: what a mail means must not depend on when it is read.
/// </remarks>
/// <param name="Date">The field's, or where it is not believed the newest hop's.</param>
/// <param name="Text">The words of a field that is not believed.</param>
/// <param name="Flag">Why it is not believed.</param>
internal sealed partial record MailDate(DateTimeOffset? Date, string? Text, MailFlag? Flag)
{
    /// <summary>Characters of <see cref="Text"/>: some three times an honest field.</summary>
    private const int MaxText = 100;

    /// <summary>The year of the first mail between machines; 1970 itself is what a clock says that was never set.</summary>
    private static readonly DateTimeOffset First = new(1971, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Beyond what is archived now and for decades.</summary>
    private static readonly DateTimeOffset Last = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Time zones that are wrong make a day; a clock may be wrong as well.</summary>
    private static readonly TimeSpan AheadOfHop = TimeSpan.FromDays(2);

    /// <param name="field">The value of the first Date field; null if there is none.</param>
    /// <param name="received">The value of the first Received field; null if there is none.</param>
    public static MailDate Read(ReadOnlyMemory<byte>? field, ReadOnlyMemory<byte>? received)
    {
        var hop = received is { } newest && newest.Span.LastIndexOf((byte)';') is >= 0 and var at ? Parse(newest[(at + 1)..]) : null;
        hop = IsBelievable(hop) ? hop : null;
        if (field is not { } octets || octets.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return new MailDate(hop, Text: null, MailFlag.DateMissing);
        }

        var text = string.Join(' ', Encoding.Latin1.GetString(octets.Span).Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        var date = Parse(octets);
        var flag = date is null ? MailFlag.DateUnreadable
            : !IsBelievable(date) || date > hop + AheadOfHop || YearOfZeros().IsMatch(text) ? MailFlag.DateAbsurd
            : (MailFlag?)null;
        return flag is null ? new MailDate(date, Text: null, Flag: null) : new MailDate(hop, HeaderAllowance.Cut(text, MaxText), flag);
    }

    private static bool IsBelievable(DateTimeOffset? date) => date >= First && date < Last;

    /// <summary>As mail writes it (RFC 5322 §3.3, and §4.3 of old); as ISO 8601 writes it; with the years of 2000 counted from 1900.</summary>
    private static DateTimeOffset? Parse(ReadOnlyMemory<byte> octets)
    {
        if (DateUtils.TryParse(octets.ToArray(), out var date))
        {
            return date;
        }

        var text = Encoding.Latin1.GetString(octets.Span).Trim();
        if (IsoDate().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date))
        {
            return date;
        }

        // RFC 5322 §4.3: three digits count from 1900.
        var full = YearOfThreeDigits().Replace(text, year => (1900 + int.Parse(year.ValueSpan, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture), 1);
        return full != text && DateUtils.TryParse(full, out date) ? date : null;
    }

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}T", RegexOptions.NonBacktracking)]
    private static partial Regex IsoDate();

    [GeneratedRegex(@"(?<=[a-z] )1\d{2}(?= )", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex YearOfThreeDigits();

    [GeneratedRegex(@"[a-z] 0\d{3} ", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex YearOfZeros();
}
