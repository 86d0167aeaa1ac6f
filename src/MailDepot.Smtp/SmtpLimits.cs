namespace MailDepot.Smtp;

/// <summary>The limits of an SMTP endpoint, and its name.</summary>
public sealed record SmtpLimits
{
    /// <summary>
    /// The name in the greeting and in the EHLO reply (RFC 5321 §4.3.1): the host's public name, which clients compare with
    /// the certificate.
    /// </summary>
    public string HostName { get; init; } = "localhost";

    /// <summary>
    /// Bytes of one mail after dot-unstuffing; announced as SIZE (RFC 1870). Default 300 MiB: journal reports are exempt from
    /// Exchange's own limits, a mail there may have 150 MB, and a protected one carries a decrypted copy beside it.
    /// </summary>
    public long MailBytes { get; init; } = 314_572_800;

    /// <summary>
    /// Bytes up to which a mail over the limit is read and discarded; then the connection is closed. A sane client's mail has
    /// ended by then.
    /// </summary>
    public long HopelessMailBytes => MailBytes > long.MaxValue / 2 ? long.MaxValue : 2 * MailBytes;

    /// <summary>Recipients of one transaction. RFC 5321 §4.5.3.1.8 asks for at least 100.</summary>
    public int Recipients { get; init; } = 1_000;

    /// <summary>
    /// Bytes of a command line including CRLF. RFC 5321 §4.5.3.1.4 requires 512, plus the parameters of extensions
    /// (§4.1.1.11).
    /// </summary>
    public int CommandLineBytes { get; init; } = 2_048;

    /// <summary>Bytes without a line end after which the peer can't be an SMTP client: the connection is closed.</summary>
    public int HopelessLineBytes { get; init; } = 65_536;

    /// <summary>How long a client may take to complete its next command: at least 5 minutes (RFC 5321 §4.5.3.2.7).</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a client may take to send <see cref="DataBlockBytes"/> of a mail, in DATA or in chunks with the commands between
    /// them; only the time we wait for it counts. At least 3 minutes (RFC 5321 §4.5.3.2.5).
    /// </summary>
    public TimeSpan DataBlockTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>With <see cref="DataBlockTimeout"/>, the slowest rate allowed: 91 bytes a second, a tenth of a 9,600 baud modem.</summary>
    public int DataBlockBytes { get; init; } = 16_384;

    /// <summary>
    /// Commands since the last mail that do not bring the next one closer; one more closes the connection, which the client could
    /// otherwise hold forever. Up to <see cref="Recipients"/> refused recipients do not count, as one mail may have that many.
    /// </summary>
    public int JunkCommands { get; init; } = 100;

    /// <summary>How long a client may take for the TLS handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Concurrent connections, from all clients; one more gets 421.</summary>
    public int Connections { get; init; } = 1_000;

    /// <summary>
    /// Concurrent connections from one public address; for IPv6 from its network of 64 bits, unless networks are configured. 0: no
    /// limit. A private address may be that of a proxy or ingress in front of everyone (RFC 1918, RFC 6598), as on Azure
    /// Container Apps: there only <see cref="Connections"/> applies.
    /// </summary>
    public int ConnectionsPerAddress { get; init; } = 50;

    /// <summary>Bytes of memory that all mails in transit may use together.</summary>
    public long MemoryBytes { get; init; } = 67_108_864;

    /// <summary>Bytes of memory for a mail that is not <see cref="SmallMailBytes">small</see>: one block as written to storage.</summary>
    public long LargeMailMemory { get; init; } = 4_194_304;

    /// <summary>Bytes up to which a mail is small; it reserves this much memory.</summary>
    public long SmallMailBytes { get; init; } = 65_536;

    /// <summary>How long a mail waits for memory. Clients wait at least 2 minutes for DATA's reply (RFC 5321 §4.5.3.2.4).</summary>
    public TimeSpan MemoryWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a running DATA may continue after the host began to stop. Container Apps kills a replica 30 s after asking it to
    /// stop (default); the rest is for the host itself.
    /// </summary>
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(20);
}
