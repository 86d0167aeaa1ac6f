using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;

using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>When a mail was sent, by its own words, and whether they can be believed.</summary>
/// <remarks>
/// Absurd is what no mail can say: before <see cref="First"/>, a year with zeros in front of it (a program that had no date), or
/// more than <see cref="AheadOfHop"/> after the newest hop took it, which is the newest Received field; without one,
/// from <see cref="Last"/> on. A clock is not asked: what a mail means must not depend on when it is read.
/// </remarks>
/// <param name="Date">The field's, or where it is not believed the newest hop's.</param>
/// <param name="Text">The words of a field that is not believed, or not in all of its words.</param>
/// <param name="Flag">Why it is not.</param>
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
        var hop = received is { } newest && newest.Span.LastIndexOf((byte)';') is >= 0 and var at ? Parse(newest.Span[(at + 1)..], out _) : null;
        hop = IsBelievable(hop) ? hop : null;
        if (field is not { } octets || octets.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return new MailDate(hop, Text: null, MailFlag.DateMissing);
        }

        var date = Parse(octets.Span, out var isCertain);
        var text = Words(octets.Span);
        var flag = date is null ? MailFlag.DateUnreadable
            : !IsBelievable(date) || date > hop + AheadOfHop || YearOfZeros().IsMatch(text) ? MailFlag.DateAbsurd
            : isCertain ? (MailFlag?)null : MailFlag.DateUncertain;
        return flag is null
            ? new MailDate(date, Text: null, Flag: null)
            : new MailDate(flag is MailFlag.DateUncertain ? date : hop, HeaderAllowance.Cut(text, MaxText), flag);
    }

    private static bool IsBelievable(DateTimeOffset? date) => date >= First && date < Last;

    /// <summary>By our reader; what that can't read MimeKit may, which takes <c>02/03/2026</c> for the third of February.</summary>
    private static DateTimeOffset? Parse(ReadOnlySpan<byte> octets, out bool isCertain) =>
        DateField.Read(Decoded(octets), out isCertain) ?? (DateUtils.TryParse(octets.ToArray(), out var date) ? date : null);

    /// <summary>On one line.</summary>
    private static string Words(ReadOnlySpan<byte> octets) =>
        string.Join(' ', Decoded(octets).Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static string Decoded(ReadOnlySpan<byte> octets) => (Utf8.IsValid(octets) ? Encoding.UTF8 : Encoding.Latin1).GetString(octets);

    [GeneratedRegex(@"[a-z] 0\d{3} ", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex YearOfZeros();
}
