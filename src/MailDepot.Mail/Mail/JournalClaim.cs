using System.Text;

namespace MailDepot.Mail;

/// <summary>The header fields by which a mail claims to be a journal report. Only a claim: anyone can write one.</summary>
public static class JournalClaim
{
    /// <summary>
    /// <c>X-MS-Journal-Report</c> of Exchange 2007 and later, with any value (it is usually empty); or
    /// <c>Content-Identifer: ExJournalReport</c> of Exchange 2003, in its misspelling and spelled correctly.
    /// </summary>
    /// <param name="name">The field's name, in any case.</param>
    /// <param name="value">What follows the colon.</param>
    public static bool Matches(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Ascii.EqualsIgnoreCase(name, "X-MS-Journal-Report"u8)
        || ((Ascii.EqualsIgnoreCase(name, "Content-Identifer"u8) || Ascii.EqualsIgnoreCase(name, "Content-Identifier"u8))
            && Ascii.EqualsIgnoreCase(value.Trim(" \t\r\n"u8), "ExJournalReport"u8));
}
