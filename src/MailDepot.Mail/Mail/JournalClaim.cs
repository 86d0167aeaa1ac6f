using System.Text;

namespace MailDepot.Mail;

/// <summary>The header fields by which a mail says that it is a journal report. Only a claim: anyone can write one.</summary>
public static class JournalClaim
{
    /// <summary>
    /// <c>X-MS-Journal-Report</c> of Exchange 2007 and later, with whatever value, for it is usually empty; or
    /// <c>Content-Identifer: ExJournalReport</c> of Exchange 2003, so spelt, and as it should have been.
    /// </summary>
    /// <param name="name">Of the field, in any case.</param>
    /// <param name="value">Behind the colon.</param>
    public static bool Matches(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Ascii.EqualsIgnoreCase(name, "X-MS-Journal-Report"u8)
        || ((Ascii.EqualsIgnoreCase(name, "Content-Identifer"u8) || Ascii.EqualsIgnoreCase(name, "Content-Identifier"u8))
            && Ascii.EqualsIgnoreCase(value.Trim(" \t\r\n"u8), "ExJournalReport"u8));
}
