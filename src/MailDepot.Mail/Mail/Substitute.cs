using System.Collections.Immutable;
using System.Text;

namespace MailDepot.Mail;

/// <summary>
/// A mail that Exchange generates and returns, with <c>+OK</c>, in place of one that it can't convert for POP3 or IMAP:
/// "Retrieval using the POP3 protocol failed for the following message". The original stays in the mailbox.
/// </summary>
/// <remarks>
/// It must have all marks; subject or sender alone are not enough. People forward, quote and discuss such mails, but those have
/// fields from the servers they passed, or contain more text. The marks come from mails that people reported, and another
/// language needs only a <see cref="Wording"/> with its source; so far only English was found. Exchange writes in the mailbox's
/// language, so a mail in unknown wording also counts if it has every mark that does not depend on language
/// (<see cref="IsInAnyLanguage"/>).
/// </remarks>
public static class Substitute
{
    /// <summary>Bytes at most. Reported ones are smaller than 1 KiB; the rest allows for a long encoded subject.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>Characters between the first sentence and "hasn't been deleted": the original's subject, sender and date.</summary>
    private const int MaxQuoteLength = 4_000;

    /// <summary>Characters from there to the end, which say where else the original can be opened.</summary>
    private const int MaxEndLength = 400;

    /// <summary>Start of Exchange's display name; it comes without an address, or with one that does not exist.</summary>
    private const string Exchange = "Microsoft Exchange";

    /// <summary>The program that opens the original: Outlook, its web app, "Outlook on the web".</summary>
    private const string Product = "Outlook";

    private static readonly ImmutableArray<string> Protocols = ["POP3", "IMAP4"];

    private static readonly char[] Digits = [.. "0123456789"];

    /// <summary>
    /// Fields that a mail gets in transit (RFC 5321 §4.4), or when someone replies to or resends it (RFC 5322 §3.6.4, §3.6.6).
    /// A substitute was never sent: it has only MIME-Version, Content-Type, Content-Transfer-Encoding, From, To and Subject
    /// (OfflineIMAP/offlineimap#62, jstedfast/MailKit#1451).
    /// </summary>
    private static readonly ImmutableHashSet<string> Traces = ImmutableHashSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Received", "X-Received", "Return-Path", "Delivered-To", "X-Original-To", "Authentication-Results", "Received-SPF",
        "DKIM-Signature", "ARC-Seal",
        "In-Reply-To", "References", "Resent-From", "Resent-Date", "Resent-To", "List-Id", "X-MS-Journal-Report");

    private static readonly ImmutableArray<Wording> Wordings =
    [
        new(
            "English",
            "OfflineIMAP/offlineimap#62 (Exchange 2010), freescout-help-desk/freescout#3203, s1t5/mail-archiver#527 "
            + "(contracted or spelled out, either apostrophe)",
            Subject: "Retrieval using the {protocol} protocol failed for the following message:",
            First: ["The server couldn't retrieve the following message:", "The server could not retrieve the following message:"],
            Kept: ["message hasn't been deleted", "message has not been deleted", "message wasn't deleted", "message was not deleted"],
            Elsewhere: [Product]),
    ];

    /// <summary>Whether a mail is a substitute. Costs almost nothing for a mail that passed through a server.</summary>
    public static async Task<bool> IsAsync(ReadOnlyMemory<byte> mail, CancellationToken ct)
    {
        if (mail.Length > MaxBytes || HasTraces(mail.Span))
        {
            return false;
        }

        var reading = await MailReader.ReadWithTextAsync(new MemoryStream(mail.ToArray(), writable: false), null, ct);
        return reading is { Defect: null, Facts: { Subject: { } subject, Attachments.IsEmpty: true, Messages.IsEmpty: true } facts }
            && reading.Texts is [{ Text: var text }]
            && ((!WasWritten(facts) && Wordings.Any(wording => wording.Fits(Plain(subject), Plain(text))))
                || IsInAnyLanguage(facts, Plain(subject), text));
    }

    /// <summary>
    /// Nobody wrote or sent it (no Message-ID, no Date), Exchange is its author, its subject names the protocol and ends with the
    /// original's number, and its text names the program that can open the original. Protocol and product names are the same in
    /// all languages; the marks are those of the mails behind <see cref="Wordings"/>.
    /// </summary>
    private static bool IsInAnyLanguage(MailFacts facts, string subject, string text) =>
        facts is { MessageId: null, Date: null, DateText: null, From: [{ Name: { } name, Address: var address }] }
        && name.StartsWith(Exchange, StringComparison.OrdinalIgnoreCase) && !CanBeAnswered(address)
        && subject.TrimEnd('.', '\u3002') is var all // the full stop of Chinese and Japanese
        && all.TrimEnd(Digits) is var words && words.Length < all.Length
        && Protocols.Any(protocol => words.Contains(protocol, StringComparison.OrdinalIgnoreCase))
        && text.Contains(Product, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Its domain has a dot. FreeScout saw <c>microsoft@unknown</c> (freescout-help-desk/freescout#3203), others only a name.
    /// </summary>
    private static bool CanBeAnswered(string address) =>
        address.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at && address.IndexOf('.', at) > 0;

    /// <summary>Someone's mail program gave it a Message-ID and an author: a copy that never passed through a server.</summary>
    private static bool WasWritten(MailFacts facts) =>
        facts.MessageId is not null
        && facts.From.Any(from =>
            from.Address.Contains('@', StringComparison.Ordinal)
            && from.Name?.StartsWith(Exchange, StringComparison.OrdinalIgnoreCase) is not true);

    /// <summary>The header, which ends at the first empty line, has one of the <see cref="Traces"/>.</summary>
    private static bool HasTraces(ReadOnlySpan<byte> mail)
    {
        foreach (var place in mail.Split((byte)'\n'))
        {
            var line = mail[place].TrimEnd((byte)'\r');
            if (line.IsEmpty)
            {
                return false;
            }

            if (line.IndexOf((byte)':') is > 0 and var colon && Traces.Contains(Encoding.Latin1.GetString(line[..colon].TrimEnd(" \t"u8))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Puts text on one line with plain apostrophes; Exchange wraps lines and writes typographic ones.</summary>
    private static string Plain(string text) => string.Join(
        ' ',
        text.Replace('\u2019', '\'').Replace('\u2018', '\'').Replace('\u02bc', '\'')
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>What Exchange writes in one language; of each mark except the subject any variant suffices.</summary>
    /// <param name="Language">For people.</param>
    /// <param name="Source">Reports of such mails.</param>
    /// <param name="Subject">The whole subject up to the original's number.</param>
    /// <param name="First">How the text starts; what the server knows about the original follows.</param>
    /// <param name="Kept">The original was not deleted.</param>
    /// <param name="Elsewhere">Where the original can be opened.</param>
    private sealed record Wording(
        string Language, string Source, string Subject,
        ImmutableArray<string> First, ImmutableArray<string> Kept, ImmutableArray<string> Elsewhere)
    {
        public bool Fits(string subject, string text) =>
            Protocols.Any(protocol => IsSubject(subject, Subject.Replace("{protocol}", protocol, StringComparison.Ordinal)))
            && First.FirstOrDefault(first => text.StartsWith(first, StringComparison.OrdinalIgnoreCase)) is { } first
            && Kept.Select(kept => text.LastIndexOf(kept, StringComparison.OrdinalIgnoreCase)).Max() is var kept
            && kept > 0 && kept - first.Length <= MaxQuoteLength && text.Length - kept <= MaxEndLength
            && Elsewhere.Any(product => text.IndexOf(product, kept, StringComparison.OrdinalIgnoreCase) > 0);

        private static bool IsSubject(string subject, string beginning) =>
            subject.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)
            && subject[beginning.Length..].Trim().TrimEnd('.') is { Length: > 0 } number && number.All(char.IsAsciiDigit);
    }
}
