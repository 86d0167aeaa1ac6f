namespace MailDepot.Mail;

/// <summary>The text of a message as a person would read it: the best of its plain text and its HTML.</summary>
/// <remarks>
/// Made only when it is asked for (<see cref="MailReader.ReadWithTextAsync"/>): the archiver has no use for it, and
/// it would make every ledger line as long as the mail. Who searches reads it from the document.
/// </remarks>
/// <param name="Message">Whose: 0 for the mail itself, n for the n-th of its <see cref="MailFacts.Messages"/>.</param>
/// <param name="Text">Lines end in LF, and no blank stands at their end; never blank as a whole.</param>
/// <param name="Form">What it was made from.</param>
/// <param name="Charset">What it was decoded from; of the first piece, if it is of several.</param>
public sealed record BodyText(int Message, string Text, TextForm Form, string Charset)
{
    /// <summary>Neither a label nor their form proved the charset of some letters: they may be wrong.</summary>
    public bool CharsetGuessed { get; init; }

    /// <summary>There was more than <see cref="MaxBytes"/>.</summary>
    public bool IsCut { get; init; }

    /// <summary>Octets of text that are read of a mail with all messages inside it, plain and HTML counted alike.</summary>
    public const int MaxBytes = 2 * 1024 * 1024;
}

/// <summary>What a text was made from.</summary>
public enum TextForm
{
    /// <summary>Plain text, or what can be read as such.</summary>
    Plain,

    /// <summary>HTML, without its tags.</summary>
    Html,

    /// <summary>Enriched text (RFC 1896), without its tags.</summary>
    Enriched,
}
