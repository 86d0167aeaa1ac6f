namespace MailDepot.Smtp;

/// <summary>What one SMTP endpoint grants a client, and what it calls itself.</summary>
public sealed record SmtpLimits
{
    /// <summary>
    /// The name in the greeting and in the EHLO reply (RFC 5321 §4.3.1): the host's public name, which clients compare
    /// with the certificate.
    /// </summary>
    public string HostName { get; init; } = "localhost";

    /// <summary>
    /// Octets of one mail, un-stuffed; announced as SIZE (RFC 1870). Default 300 MiB: journal reports are exempt from
    /// Exchange's own limits, a mail there may have 150 MB, and a protected one carries a clear copy beside it.
    /// </summary>
    public long MailBytes { get; init; } = 314_572_800;

    /// <summary>Octets after which a mail over the limit is swallowed no further, and the connection closed: a sane client's mail has ended by then.</summary>
    public long HopelessMailBytes => MailBytes > long.MaxValue / 2 ? long.MaxValue : 2 * MailBytes;

    /// <summary>Octets of a mail to the postmaster (RFC 5321 §4.5.1), whom strangers may write to.</summary>
    public long PostmasterBytes { get; init; } = 65_536;

    /// <summary>Mails to the postmaster in any hour, of all clients together: each is kept for a person.</summary>
    public int PostmasterMails { get; init; } = 10;

    /// <summary>The limits of a transaction whose recipient is the postmaster.</summary>
    public SmtpLimits ForPostmaster => this with { MailBytes = Math.Min(MailBytes, PostmasterBytes) };

    /// <summary>Recipients of one transaction. RFC 5321 §4.5.3.1.8 asks for at least 100.</summary>
    public int Recipients { get; init; } = 1_000;

    /// <summary>
    /// Octets of a command line including CRLF. RFC 5321 §4.5.3.1.4 asks for 512; the parameters of extensions come on
    /// top (§4.1.1.11).
    /// </summary>
    public int CommandLineBytes { get; init; } = 2_048;

    /// <summary>Octets without a line end after which the peer is no SMTP client: the connection is closed.</summary>
    public int HopelessLineBytes { get; init; } = 65_536;

    /// <summary>How long a client may take to its next complete command: at least 5 minutes by RFC 5321 §4.5.3.2.7.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a client may take for <see cref="DataBlockBytes"/> inside DATA, or of a mail in chunks with the commands
    /// between them, counted only while we wait for it: at least 3 minutes by RFC 5321 §4.5.3.2.5.
    /// </summary>
    public TimeSpan DataBlockTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>With <see cref="DataBlockTimeout"/> the slowest rate of a mail: 91 octets a second, a tenth of a 9,600 baud modem.</summary>
    public int DataBlockBytes { get; init; } = 16_384;

    /// <summary>
    /// Commands after the mail before that bring no mail nearer, beyond which the client only means noise: it would hold its
    /// connection for as long as it likes. Refused recipients are none of them up to <see cref="Recipients"/>, for one mail may have many.
    /// </summary>
    public int Chatter { get; init; } = 100;

    /// <summary>How long a client may take for the TLS handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Connections at a time, from everywhere; one more gets 421.</summary>
    public int Connections { get; init; } = 1_000;

    /// <summary>
    /// Connections at a time from one public address, of IPv6 from its network of 64 bits unless networks are named; 0: no
    /// limit. A private address may be that of a proxy or ingress with everyone behind it (RFC 1918, RFC 6598), as on Azure
    /// Container Apps: there only <see cref="Connections"/> counts.
    /// </summary>
    public int ConnectionsPerAddress { get; init; } = 50;

    /// <summary>Octets that all mails on their way may hold in memory together.</summary>
    public long MemoryBytes { get; init; } = 67_108_864;

    /// <summary>Octets of memory for a mail that is not <see cref="SmallMailBytes">small</see>: the block that storage is given at a time.</summary>
    public long LargeMailMemory { get; init; } = 4_194_304;

    /// <summary>Octets up to which a mail is small: it holds this much memory at most.</summary>
    public long SmallMailBytes { get; init; } = 65_536;

    /// <summary>How long a mail waits for memory. A client gives DATA's reply at least 2 minutes (RFC 5321 §4.5.3.2.4).</summary>
    public TimeSpan MemoryWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a running DATA may go on after the host was told to stop. Container Apps kills a replica 30 s after
    /// asking it to stop (default); the rest is for the host itself.
    /// </summary>
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(20);
}
