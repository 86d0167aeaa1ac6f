namespace MailDepot.Mail;

/// <summary>Caveats about the facts of a mail. None of them keeps a mail out of the archive.</summary>
/// <remarks>The names are stored in the ledger and searched for: never change one, and add new ones at the end.</remarks>
public enum MailFlag
{
    /// <summary>There is no Date field; <see cref="MailFacts.Date"/> is the newest hop's, if there is one.</summary>
    DateMissing,

    /// <summary>The Date field is unreadable: as for <see cref="DateMissing"/>; <see cref="MailFacts.DateText"/> has its text.</summary>
    DateUnreadable,

    /// <summary>The Date field names an impossible time (<see cref="MailDate"/>): as for <see cref="DateUnreadable"/>.</summary>
    DateAbsurd,

    /// <summary>Text in the header is neither UTF-8 nor in its declared charset, if one is declared: letters may be wrong.</summary>
    CharsetGuessed,

    /// <summary>An address field is malformed; the addresses that could be found in it are kept.</summary>
    AddressBroken,

    /// <summary>The header is longer than is read for facts (<see cref="HeaderAllowance"/>).</summary>
    HeaderCut,

    /// <summary>The mail has more attachments or messages inside than the facts keep.</summary>
    PartsCut,

    /// <summary>A multipart lacks its end boundary: the mail was probably truncated in transit.</summary>
    EndMissing,

    /// <summary>Signed with S/MIME (RFC 8551 §3.5), in whole or in part. The signature is not checked.</summary>
    SmimeSigned,

    /// <summary>Encrypted with S/MIME: its content can't be read or searched.</summary>
    SmimeEncrypted,

    /// <summary>Signed with OpenPGP, as MIME (RFC 3156 §5) or in the text (RFC 9580 §7). The signature is not checked.</summary>
    PgpSigned,

    /// <summary>Encrypted with OpenPGP: its content can't be read or searched.</summary>
    PgpEncrypted,

    /// <summary>A winmail.dat can't be unpacked completely; it is kept, along with what could be unpacked.</summary>
    TnefBroken,

    /// <summary>Lines before the header were skipped (<see cref="HeaderPreamble"/>).</summary>
    HeaderPreceded,

    /// <summary>A file's transfer encoding is damaged or truncated: its bytes may differ from those that were attached.</summary>
    ContentUncertain,

    /// <summary>
    /// Part of the Date field was ignored or guessed (<see cref="DateField"/>); <see cref="MailFacts.DateText"/> has its text.
    /// </summary>
    DateUncertain,
}
