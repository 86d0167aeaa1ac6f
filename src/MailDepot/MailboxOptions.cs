namespace MailDepot;

/// <summary>One entry of <c>MailDepot:Mailboxes</c>: a mailbox that is collected by POP3, and emptied. Never holds the password.</summary>
public sealed class MailboxOptions
{
    /// <summary>What it is called here, in lists, tickets and receipts: letters, digits and <c>. _ @ + -</c>. Must not change while its mail is on the way.</summary>
    public string Name { get; set; } = "";

    /// <summary>Name or address of the POP3 server.</summary>
    public string Host { get; set; } = "";

    /// <summary>TCP port, 1 to 65535. Default 995, POP3 over TLS (RFC 8314 §3.2).</summary>
    public int Port { get; set; } = 995;

    /// <summary>How the connection is secured.</summary>
    public MailboxSecurity Security { get; set; } = MailboxSecurity.Tls;

    /// <summary>Path of a PEM file with a certificate to trust for this server, its own or its issuer's. Default: those the machine trusts.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>The login name.</summary>
    public string User { get; set; } = "";

    /// <summary>The configuration key that holds the password, outside section <c>MailDepot</c>: <c>Passwords:office</c>. Read when it is used.</summary>
    public string PasswordSetting { get; set; } = "";

    /// <summary>From one poll to the next, 10 s to 1 day.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The archive container of its mail.</summary>
    public string Container { get; set; } = "default";

    /// <summary>Exchange journals to this mailbox: a report in it is believed.</summary>
    public bool Journal { get; set; }
}

/// <summary>How a connection to a mailbox is secured.</summary>
public enum MailboxSecurity
{
    /// <summary>Not at all: the password and the mails can be read on the way.</summary>
    None,

    /// <summary>Plain at first, then TLS by STLS (RFC 2595 §4); without it nothing is sent.</summary>
    StartTls,

    /// <summary>TLS from the first octet.</summary>
    Tls,
}
