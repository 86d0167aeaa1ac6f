namespace MailDepot.Notices;

/// <summary>Section <c>MailDepot:Notices</c>: the relay that takes mails to the administrator, and what they are about. Never holds the password.</summary>
public sealed class NoticeOptions
{
    /// <summary>Name or address of the SMTP relay. Empty: no mails are sent.</summary>
    public string Host { get; set; } = "";

    /// <summary>TCP port, 1 to 65535. Default 587, where mail is submitted (RFC 6409 §3.1).</summary>
    public int Port { get; set; } = 587;

    /// <summary>How the connection to the relay is secured.</summary>
    public RelaySecurity Security { get; set; } = RelaySecurity.StartTls;

    /// <summary>Path of a PEM file with a certificate to trust for the relay, its own or its issuer's. Default: those the machine trusts.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>The login name at the relay; empty: it wants none.</summary>
    public string User { get; set; } = "";

    /// <summary>The configuration key that holds the password, outside section <c>MailDepot</c>: <c>Passwords:relay</c>. Read when it is used.</summary>
    public string PasswordSetting { get; set; } = "";

    /// <summary>The sender's address.</summary>
    public string From { get; set; } = "";

    /// <summary>Who gets the mails.</summary>
    public IList<string> To { get; } = [];

    /// <summary>
    /// While a mailbox can't be collected a mail comes after every further failure, at most one an interval of the mailbox.
    /// Otherwise after an hour, after four, and then daily.
    /// </summary>
    public bool EachInterval { get; set; }
}

/// <summary>How the connection to the relay is secured.</summary>
public enum RelaySecurity
{
    /// <summary>Not at all; no password is shown then.</summary>
    None,

    /// <summary>Plain at first, then TLS by STARTTLS (RFC 3207); without it nothing is sent.</summary>
    StartTls,

    /// <summary>TLS from the first octet (RFC 8314 §3.3), usually on port 465.</summary>
    Tls,
}
