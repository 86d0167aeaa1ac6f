namespace MailDepot.Connectors.Receiving;

/// <summary>The SMTP endpoint.</summary>
public sealed class SmtpOptions
{
    /// <summary>Name in the greeting and in the reply to EHLO (RFC 5321 §4.2): the host's public name.</summary>
    public string Hostname { get; set; } = "localhost";

    /// <summary>TCP port, 0 to 65535. 0 takes any free one, which the role <c>smtp</c> refuses. Ports below 1024 need privileges.</summary>
    public int Port { get; set; } = 2525;

    /// <summary>
    /// Bytes of the largest mail, announced as SIZE (RFC 1870). The default is 300 MiB: journal reports are exempt from
    /// Exchange's limits, a mail can have 150 MB, and a protected one carries a clear copy beside it.
    /// </summary>
    public long MaxBytes { get; set; } = 300 * 1024 * 1024;

    /// <summary>
    /// Certificate for STARTTLS (RFC 3207): a file with certificate, chain and key (PEM, or PFX without a password), or a Key
    /// Vault secret (<c>https://name.vault.azure.net/secrets/name</c>). A new one is used without a restart.
    /// <c>self-made</c>: each start makes one that no authority has signed. Empty: STARTTLS is not offered; <c>up</c> treats
    /// it as <c>self-made</c>.
    /// </summary>
    public string Certificate { get; set; } = "";

    /// <summary>PEM file with the key, if it is not in the file of <c>Certificate</c>.</summary>
    public string CertificateKey { get; set; } = "";

    /// <summary>Accept mail by TLS only (else <c>530 5.7.0</c>, RFC 3207 §4). Programs on this machine may send without.</summary>
    public bool RequireTls { get; set; } = true;

    /// <summary>
    /// Name that a client's certificate must have, with a chain that this machine trusts. Needs <c>Certificate</c>. Exchange
    /// Online shows <c>mail.protection.outlook.com</c> whichever tenant sends: it proves nothing alone. A client without it,
    /// or with one that is not trusted, gets 450 and keeps the mail. Empty: none is needed.
    /// </summary>
    public string ClientCertificate { get; set; } = "";

    /// <summary>
    /// Networks that clients may connect from, in CIDR notation (<c>192.0.2.0/24</c>); others get 554. Only where the
    /// clients' addresses are visible: on Container Apps <c>smtp</c> does not start with it. Default: any.
    /// </summary>
    public IList<string> Networks { get; } = [];

    /// <summary>
    /// Networks of load balancers whose connections begin with a PROXY header (version 1 or 2), which names the client. Name
    /// nobody else: whoever is listed can pretend to be anyone.
    /// </summary>
    public IList<string> ProxiesFrom { get; } = [];

    /// <summary>Connections at a time, from everywhere.</summary>
    public int MaxConnections { get; set; } = 1_000;

    /// <summary>
    /// Connections at a time from one public address; an IPv6 client counts with its /64 unless <c>Networks</c> are named. 0
    /// means no limit.
    /// </summary>
    public int MaxConnectionsPerAddress { get; set; } = 50;

    /// <summary>Bytes of memory that mails hold together while they arrive: 64 KiB for a small one, 4 MiB for any other.</summary>
    public long MemoryBytes { get; set; } = 64 * 1024 * 1024;
}
