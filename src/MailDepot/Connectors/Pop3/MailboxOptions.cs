using System.Text.Json.Serialization;

namespace MailDepot.Connectors.Pop3;

/// <summary>
/// Mailboxes that are collected by POP3, and emptied, one entry each. Mailboxes that are added at run time have the same
/// settings.
/// </summary>
public sealed class MailboxOptions
{
    /// <summary>Name of the mailbox in lists, tickets and receipts: 1 to 64 letters, digits and <c>. _ @ + -</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Name or address of the POP3 server.</summary>
    public string Host { get; set; } = "";

    /// <summary>TCP port, 1 to 65535. The default is POP3 over TLS (RFC 8314 §3.2).</summary>
    public int Port { get; set; } = 995;

    /// <summary>How the connection is secured.</summary>
    public MailboxSecurity Security { get; set; } = MailboxSecurity.Tls;

    /// <summary>
    /// PEM file with a certificate to trust for this server: its own, its issuer's, or the root's. Default: those that the
    /// machine trusts.
    /// </summary>
    public string Certificate { get; set; } = "";

    /// <summary>
    /// SHA-256 of the one certificate that the server may show, 64 hexadecimal digits, with or without colons. It is trusted
    /// whatever its name, issuer and dates; any other is refused.
    /// </summary>
    public string Fingerprint { get; set; } = "";

    /// <summary>The oldest TLS version that is accepted.</summary>
    public TlsVersion MinimumTls { get; set; } = TlsVersion.Tls12;

    /// <summary>Login name.</summary>
    public string User { get; set; } = "";

    /// <summary>
    /// How user and password are presented to the server. Each login uses one way, so a wrong password is one failed login.
    /// </summary>
    public MailboxAuthentication Authentication { get; set; } = MailboxAuthentication.Auto;

    /// <summary>
    /// The configuration key, outside <c>MailDepot</c>, that holds the password, for example <c>Passwords:office</c>. For
    /// <c>xoauth2</c> it holds the client's secret or, without <c>TokenEndpoint</c>, the token itself. It is read at each
    /// use. Only mailboxes added at run time may leave it empty: theirs is in the password store.
    /// </summary>
    public string PasswordSetting { get; set; } = "";

    /// <summary>
    /// Address from which <c>xoauth2</c> gets its tokens by client credentials (RFC 6749 §4.4): https, or a server on this
    /// machine.
    /// </summary>
    public string TokenEndpoint { get; set; } = "";

    /// <summary>The client's id at the token endpoint.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The scope of the token: <c>https://outlook.office365.com/.default</c> for Exchange Online.</summary>
    public string Scope { get; set; } = "";

    /// <summary>
    /// Time from one poll to the next, 10 s to 1 day. On Azure a timer looks once a minute, so a shorter interval is one
    /// minute there.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Mails that one run collects at most, 1 to 1000000; then the next run is asked for at once.</summary>
    public int MaxMailsPerRun { get; set; } = 10_000;

    /// <summary>Bytes that one run collects at most, from 1000000 on; a mail that has begun is finished. The default is 4 GiB.</summary>
    public long MaxBytesPerRun { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>
    /// Mails after which a session ends with QUIT, which deletes them on the server, 1 to 10000. A connection that breaks
    /// repeats at most this many.
    /// </summary>
    public int CommitEvery { get; set; } = 1_000;

    /// <summary>Delete nothing on the server, for a trial: the mailbox grows, and each poll lists all of it. Needs UIDL.</summary>
    public bool LeaveOnServer { get; set; }

    /// <summary>
    /// Days that a mail stays on the server after it became durable here, 0 to 3650. 0 deletes it at once. Needs UIDL, and
    /// excludes <c>LeaveOnServer</c>.
    /// </summary>
    public int DeleteAfter { get; set; }

    /// <summary>The same settings, to change without changing these.</summary>
    public MailboxOptions Copy() => (MailboxOptions)MemberwiseClone();

    /// <summary>Host and port: <c>pop.example.com:995</c>.</summary>
    internal string Server => $"{Host}:{Port}";

    /// <summary>Collected mail stays on the server, forever or for some days.</summary>
    internal bool KeepsMail => LeaveOnServer || DeleteAfter > 0;

    /// <summary>
    /// Address, https or http, that gets a GET after each successful collection. It may contain a secret; only its host is
    /// shown.
    /// </summary>
    public string HealthUrl { get; set; } = "";

    /// <summary>What people may see of <see cref="HealthUrl"/>, <c>https://ping.example.com/…</c>: the rest is often a secret.</summary>
    internal string ShownHealthUrl => HealthUrl.Length == 0 ? ""
        : Uri.TryCreate(HealthUrl, UriKind.Absolute, out var url) ? $"{url.GetLeftPart(UriPartial.Scheme)}{url.Authority}/…" : "…";

    /// <summary>Archive container of its mail.</summary>
    public string Container { get; set; } = "default";

    /// <summary>Exchange journals to this mailbox: reports in it are trusted and split.</summary>
    public bool Journal { get; set; }
}

/// <summary>How a connection to a mailbox is secured.</summary>
public enum MailboxSecurity
{
    /// <summary>Not at all: password and mails can be read on the way.</summary>
    None,

    /// <summary>Plain text first, then TLS by STLS (RFC 2595 §4). If the server does not offer it, nothing is sent.</summary>
    [JsonStringEnumMemberName("starttls")]
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Tls,

    /// <summary>
    /// TLS from the first byte; STLS where the port speaks plain text; never without TLS. <c>pop3 show</c> says which it was.
    /// </summary>
    Auto,
}

/// <summary>The oldest TLS version that is accepted.</summary>
public enum TlsVersion
{
    /// <summary>1.2 (RFC 5246) or newer.</summary>
    Tls12,

    /// <summary>1.3 (RFC 8446) or newer.</summary>
    Tls13,
}

/// <summary>How user and secret are sent to a server. Each login uses one method, so a wrong password is one failed login.</summary>
public enum MailboxAuthentication
{
    /// <summary>SASL PLAIN if the server offers it, else USER and PASS.</summary>
    Auto,

    /// <summary>USER and PASS (RFC 1939 §7).</summary>
    User,

    /// <summary>APOP (RFC 1939 §7): the password does not cross the network, but the server must store it readable.</summary>
    Apop,

    /// <summary>SASL PLAIN (RFC 4616, RFC 5034).</summary>
    Plain,

    /// <summary>An OAuth 2.0 bearer token, as Exchange Online requires.</summary>
    [JsonStringEnumMemberName("xoauth2")]
    XOAuth2,
}
