namespace MailDepot.Mail;

/// <summary>What a person should know about the facts of a mail. Nothing in them keeps a mail out of the archive.</summary>
/// <remarks>A closed set: the words are in the ledger, and searched for. New ones are added at the end.</remarks>
public enum MailFlag
{
    /// <summary>There is no Date field; <see cref="MailFacts.Date"/> is that of the newest hop, if there was one.</summary>
    DateMissing,

    /// <summary>The Date field can't be read; the same holds, and <see cref="MailFacts.DateText"/> has its words.</summary>
    DateUnreadable,

    /// <summary>The Date field names a time when no mail was sent (<see cref="MailDate"/>); the same holds.</summary>
    DateAbsurd,

    /// <summary>Letters in the header came in a charset that is not named, or not the one that is named, and is no UTF-8: they may be wrong.</summary>
    CharsetGuessed,

    /// <summary>An address field can't be read as one; the addresses that could be found in it are kept.</summary>
    AddressBroken,

    /// <summary>The header is longer than what facts are made of (<see cref="HeaderAllowance"/>).</summary>
    HeaderCut,

    /// <summary>There are more attachments or messages inside than are kept in the facts.</summary>
    PartsCut,

    /// <summary>A multipart without its end boundary: the mail was probably cut off on its way.</summary>
    EndMissing,

    /// <summary>Signed with S/MIME (RFC 8551 §3.5), in whole or in part. The signature is not checked.</summary>
    SmimeSigned,

    /// <summary>Encrypted with S/MIME: what is inside can't be read or found.</summary>
    SmimeEncrypted,

    /// <summary>Signed with OpenPGP, as MIME (RFC 3156 §5) or in the text (RFC 9580 §7). The signature is not checked.</summary>
    PgpSigned,

    /// <summary>Encrypted with OpenPGP: what is inside can't be read or found.</summary>
    PgpEncrypted,

    /// <summary>A winmail.dat that can't be unpacked to its end; it is kept as it is, with what could be unpacked.</summary>
    TnefBroken,

    /// <summary>Lines that are no fields come before the header, and are skipped (<see cref="HeaderPreamble"/>).</summary>
    HeaderPreceded,

    /// <summary>A file's transfer encoding is damaged or cut off: its bytes may not be those that were attached.</summary>
    ContentUncertain,

    /// <summary>Something in the Date field was ignored or guessed (<see cref="DateField"/>); <see cref="MailFacts.DateText"/> has its words.</summary>
    DateUncertain,
}
