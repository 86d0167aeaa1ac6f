namespace MailDepot.Notices;

/// <summary>The SMTP relay for mail to the administrator about mailboxes that fail.</summary>
public sealed class NoticeOptions
{
    /// <summary>Name or address of the SMTP relay. Empty: no mail is sent.</summary>
    public string Host { get; set; } = "";

    /// <summary>TCP port, 1 to 65535. The default is that of mail submission (RFC 6409 §3.1).</summary>
    public int Port { get; set; } = 587;

    /// <summary>How the connection to the relay is secured.</summary>
    public RelaySecurity Security { get; set; } = RelaySecurity.StartTls;

    /// <summary>
    /// PEM file with a certificate to trust for the relay: its own, its issuer's, or the root's. Default: those that the
    /// machine trusts.
    /// </summary>
    public string Certificate { get; set; } = "";

    /// <summary>Login name at the relay. Empty: no login.</summary>
    public string User { get; set; } = "";

    /// <summary>
    /// The configuration key, outside <c>MailDepot</c>, that holds the password, for example <c>Passwords:relay</c>. It is
    /// read at each use.
    /// </summary>
    public string PasswordSetting { get; set; } = "";

    /// <summary>The sender's address.</summary>
    public string From { get; set; } = "";

    /// <summary>Who gets the mails.</summary>
    public IList<string> To { get; } = [];

    /// <summary>While a mailbox fails, send a mail after every failed poll instead of after 1 hour, 4 hours, then daily.</summary>
    public bool EachInterval { get; set; }
}

/// <summary>How the connection to the relay is secured.</summary>
public enum RelaySecurity
{
    /// <summary>Not at all; then no password is sent.</summary>
    None,

    /// <summary>Plain text first, then TLS by STARTTLS (RFC 3207). If the relay does not offer it, nothing is sent.</summary>
    StartTls,

    /// <summary>TLS from the first byte (RFC 8314 §3.3), usually on port 465.</summary>
    Tls,
}
