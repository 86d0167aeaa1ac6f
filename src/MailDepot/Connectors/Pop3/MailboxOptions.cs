using System.Text.Json.Serialization;

namespace MailDepot.Connectors.Pop3;

/// <summary>A mailbox that is collected by POP3, and emptied: an entry of <c>MailDepot:Mailboxes</c>, or one that a person added at run time. Never holds the password.</summary>
public sealed class MailboxOptions
{
    /// <summary>What it is called here, in lists, tickets and receipts: letters, digits and <c>. _ @ + -</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Name or address of the POP3 server.</summary>
    public string Host { get; set; } = "";

    /// <summary>TCP port, 1 to 65535. Default 995, POP3 over TLS (RFC 8314 §3.2).</summary>
    public int Port { get; set; } = 995;

    /// <summary>How the connection is secured.</summary>
    public MailboxSecurity Security { get; set; } = MailboxSecurity.Tls;

    /// <summary>Path of a PEM file with a certificate to trust for this server, its own or its issuer's. Default: those the machine trusts.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>
    /// SHA-256 of the one certificate that the server may show, 64 hexadecimal digits, with or without colons. It is trusted
    /// whatever its name, issuer and time; any other is refused.
    /// </summary>
    public string Fingerprint { get; set; } = "";

    /// <summary>The oldest TLS version that may be spoken.</summary>
    public TlsFloor MinimumTls { get; set; } = TlsFloor.Tls12;

    /// <summary>The login name.</summary>
    public string User { get; set; } = "";

    /// <summary>How user and secret are shown to the server.</summary>
    public MailboxAuthentication Authentication { get; set; } = MailboxAuthentication.Auto;

    /// <summary>
    /// The configuration key that holds the password, outside section <c>MailDepot</c>: <c>Passwords:office</c>. For
    /// <c>xoauth2</c> it holds the client's secret, or without <see cref="TokenEndpoint"/> the token itself. Read when it is used.
    /// Empty: it is in the password store, which only mailboxes have that a person added.
    /// </summary>
    public string PasswordSetting { get; set; } = "";

    /// <summary>Where <c>xoauth2</c> gets its tokens by client credentials (RFC 6749 §4.4): https, or a server on this machine.</summary>
    public string TokenEndpoint { get; set; } = "";

    /// <summary>The client's id there.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The scope of the token: <c>https://outlook.office365.com/.default</c> for Exchange Online.</summary>
    public string Scope { get; set; } = "";

    /// <summary>From one poll to the next, 10 s to 1 day.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Mails that one run collects at most, 1 to 1,000,000; then another run is asked for at once.</summary>
    [JsonPropertyName("mailsARun")] // what rows of the table Mailboxes have called it from the first version on
    public int MaxMailsPerRun { get; set; } = 10_000;

    /// <summary>Octets that one run collects at most, from 1 MB on; a mail that is begun is finished. Default 4 GiB.</summary>
    [JsonPropertyName("bytesARun")]
    public long MaxBytesPerRun { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Mails after which a session ends with QUIT, which deletes them on the server, and the next begins, 1 to 10,000. A connection that breaks repeats at most so many.</summary>
    public int CommitEvery { get; set; } = 1_000;

    /// <summary>Delete nothing on the server. For a trial: the mailbox grows, and each poll lists all of it. Needs UIDL.</summary>
    public bool LeaveOnServer { get; set; }

    /// <summary>Days that a mail stays on the server after it became durable here, 0 to 3650. 0: it is deleted at once. Needs UIDL.</summary>
    public int DeleteAfter { get; set; }

    /// <summary>Mail may stay on the server after it was collected, for ever or for some days.</summary>
    internal bool KeepsMail => LeaveOnServer || DeleteAfter > 0;

    /// <summary>An address, https or http, that gets a GET after each collection that went well; it may carry a secret. Default: none.</summary>
    public string HealthUrl { get; set; } = "";

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

    /// <summary>TLS from the first octet; where the port speaks plain text, STLS; never without TLS. What it came to is shown.</summary>
    Auto,
}

/// <summary>A TLS version that is new enough.</summary>
public enum TlsFloor
{
    /// <summary>1.2 (RFC 5246), and what is newer.</summary>
    Tls12,

    /// <summary>1.3 (RFC 8446), and what is newer.</summary>
    Tls13,
}

/// <summary>How user and secret are shown to a server. One way a login: a wrong password is one failed login.</summary>
public enum MailboxAuthentication
{
    /// <summary>SASL PLAIN where the server names it, else USER and PASS.</summary>
    Auto,

    /// <summary>USER and PASS (RFC 1939 §7).</summary>
    User,

    /// <summary>APOP (RFC 1939 §7): the password does not go over the wire, but the server must hold it readable.</summary>
    Apop,

    /// <summary>SASL PLAIN (RFC 4616, RFC 5034).</summary>
    Plain,

    /// <summary>A bearer token of OAuth 2.0, as Exchange Online wants it.</summary>
    XOAuth2,
}
