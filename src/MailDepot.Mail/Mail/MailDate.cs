using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;

using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>When a mail says it was sent, and whether that is credible.</summary>
/// <remarks>
/// A date is absurd if it is before <see cref="First"/>, if the year has leading zeros (from a program that had no date), or if
/// it is more than <see cref="AheadOfHop"/> after the newest hop (the first Received field); without a hop, from
/// <see cref="Last"/> on. The current time does not matter: a mail must give the same facts whenever it is read.
/// </remarks>
/// <param name="Date">The Date field's; the newest hop's if that is not credible.</param>
/// <param name="Text">The text of a Date field that is not credible or not fully understood.</param>
/// <param name="Flag">What is wrong with the field; null if nothing is.</param>
internal sealed partial record MailDate(DateTimeOffset? Date, string? Text, MailFlag? Flag)
{
    /// <summary>Characters of <see cref="Text"/>: about three times a normal field.</summary>
    private const int MaxText = 100;

    /// <summary>The year of the first mail between machines; a clock that was never set says 1970.</summary>
    private static readonly DateTimeOffset First = new(1971, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Far beyond anything archived in the coming decades.</summary>
    private static readonly DateTimeOffset Last = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A wrong time zone shifts a date by up to a day; the clock may be wrong as well.</summary>
    private static readonly TimeSpan AheadOfHop = TimeSpan.FromDays(2);

    /// <param name="field">The value of the first Date field; null if there is none.</param>
    /// <param name="received">The value of the first Received field; null if there is none.</param>
    public static MailDate Read(ReadOnlyMemory<byte>? field, ReadOnlyMemory<byte>? received)
    {
        var hop = received is { } newest && newest.Span.LastIndexOf((byte)';') is >= 0 and var at
            ? Parse(newest.Span[(at + 1)..], out _)
            : null;
        hop = IsPlausible(hop) ? hop : null;
        if (field is not { } bytes || bytes.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return new MailDate(hop, Text: null, MailFlag.DateMissing);
        }

        var date = Parse(bytes.Span, out var isCertain);
        var text = OnOneLine(bytes.Span);
        var flag = date is null ? MailFlag.DateUnreadable
            : !IsPlausible(date) || date > hop + AheadOfHop || ZeroPaddedYear().IsMatch(text) ? MailFlag.DateAbsurd
            : isCertain ? (MailFlag?)null : MailFlag.DateUncertain;
        return flag is null
            ? new MailDate(date, Text: null, Flag: null)
            : new MailDate(flag is MailFlag.DateUncertain ? date : hop, HeaderAllowance.Cut(text, MaxText), flag);
    }

    private static bool IsPlausible(DateTimeOffset? date) => date >= First && date < Last;

    /// <summary>Tries our reader first, then MimeKit, which takes <c>02/03/2026</c> for the third of February.</summary>
    private static DateTimeOffset? Parse(ReadOnlySpan<byte> bytes, out bool isCertain) =>
        DateField.Read(Decoded(bytes), out isCertain) ?? (DateUtils.TryParse(bytes.ToArray(), out var date) ? date : null);

    private static string OnOneLine(ReadOnlySpan<byte> bytes) =>
        string.Join(' ', Decoded(bytes).Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static string Decoded(ReadOnlySpan<byte> bytes) => (Utf8.IsValid(bytes) ? Encoding.UTF8 : Encoding.Latin1).GetString(bytes);

    [GeneratedRegex(@"[a-z] 0\d{3} ", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex ZeroPaddedYear();
}
