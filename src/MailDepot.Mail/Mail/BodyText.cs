namespace MailDepot.Mail;

/// <summary>The text of a message as a person would read it: the better of its plain text and its HTML.</summary>
/// <remarks>
/// Extracted only on request (<see cref="MailReader.ReadWithTextAsync"/>): the archiver does not need it, and it would make
/// every ledger line as long as the mail. Search reads it from the document.
/// </remarks>
/// <param name="Message">0 for the mail itself, n for the n-th of its <see cref="MailFacts.Messages"/>.</param>
/// <param name="Text">Lines end in LF and have no trailing blanks; never entirely blank.</param>
/// <param name="Form">What it was extracted from.</param>
/// <param name="Charset">The charset it was decoded from; of several pieces, the first one's.</param>
public sealed record BodyText(int Message, string Text, TextForm Form, string Charset)
{
    /// <summary>The charset of some text was neither labelled correctly nor evident: letters may be wrong.</summary>
    public bool CharsetGuessed { get; init; }

    /// <summary>The text is longer than <see cref="MaxBytes"/>.</summary>
    public bool IsCut { get; init; }

    /// <summary>Bytes of text read from a mail with all messages inside it, plain text and HTML counted alike.</summary>
    public const int MaxBytes = 2 * 1024 * 1024;
}

/// <summary>What a text was extracted from.</summary>
public enum TextForm
{
    /// <summary>Plain text, or a format readable as such.</summary>
    Plain,

    /// <summary>HTML; tags are removed.</summary>
    Html,

    /// <summary>Enriched text (RFC 1896); tags are removed.</summary>
    Enriched,
}
