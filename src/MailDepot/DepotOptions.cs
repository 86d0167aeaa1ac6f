using System.Globalization;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using MailDepot.Notices;

namespace MailDepot;

/// <summary>The storage accounts, and what every part of the depot needs.</summary>
public sealed class DepotOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "MailDepot";

    /// <summary>
    /// The work account, for queues and spool: its connection string, or its blob endpoint
    /// (<c>https://name.blob.core.windows.net</c>) for access by identity, a managed one or that of <c>az login</c>.
    /// Required; without it, <c>up</c> starts an Azurite of its own.
    /// </summary>
    public string WorkStorage { get; set; } = "";

    /// <summary>
    /// The archive account, for documents, ledger, tables and quarantine, given in the same way. Default: the work account.
    /// </summary>
    public string ArchiveStorage { get; set; } = "";

    /// <summary>
    /// Path of the Azurite that <c>up</c> starts: an executable or <c>azurite.js</c>. Default: the one on PATH, else
    /// <c>up</c> installs one.
    /// </summary>
    public string Azurite { get; set; } = "";

    /// <summary>Days that <c>maildepot log</c> goes back, 1 to 3650.</summary>
    public int EventDays { get; set; } = 30;

    /// <summary>
    /// TCP port on which <c>smtp</c> and <c>worker</c> answer HTTP <c>/live</c> and <c>/ready</c>, 0 to 65535. 0 means any
    /// free port.
    /// </summary>
    public int HealthPort { get; set; } = 8080;

    /// <summary>
    /// Seconds from SIGTERM until the platform kills <c>smtp</c> or <c>worker</c>, 10 to 3600. What still runs is cut off
    /// five seconds before. The default is that of Kubernetes and Container Apps.
    /// </summary>
    public int GraceSeconds { get; set; } = 30;

    /// <summary>Which recipients are ours.</summary>
    public IList<RecipientOptions> Recipients { get; } = [];

    /// <summary>Which mailboxes are collected by POP3.</summary>
    public IList<MailboxOptions> Mailboxes { get; } = [];

    /// <summary>
    /// Where the passwords of mailboxes are that were added at run time: a key vault (<c>https://name.vault.azure.net</c>),
    /// or a folder. Default: the folder <c>passwords</c> of a local depot whose storage is on this machine too.
    /// </summary>
    public string PasswordStore { get; set; } = "";

    /// <summary>Mails to the administrator about mailboxes that can't be collected.</summary>
    public NoticeOptions Notices { get; set; } = new();

    /// <summary>The SMTP endpoint.</summary>
    public SmtpOptions Smtp { get; set; } = new();

    /// <summary>What is told to Application Insights or another collector.</summary>
    public TelemetryOptions Telemetry { get; set; } = new();

    /// <summary>The mailbox of this name; null if there is none.</summary>
    public MailboxOptions? Mailbox(string name) => Mailboxes.FirstOrDefault(mailbox => mailbox.Name == name);

    /// <summary>The recipients as a map.</summary>
    public RecipientMap RecipientMap() => new([.. Recipients.Select(r => new RecipientRule(r.Pattern, r.Container, r.Journal) { Retired = r.RetiredAt })]);
}

/// <summary>Addresses that the SMTP endpoint accepts mail for, one entry each.</summary>
public sealed class RecipientOptions
{
    /// <summary>
    /// An address, <c>*@domain</c>, or <c>*</c>. The role <c>smtp</c> accepts the last two, and addresses that can be
    /// guessed, only together with <c>MailDepot:Smtp:Networks</c>.
    /// </summary>
    public string Pattern { get; set; } = "";

    /// <summary>Archive container of its mail: 1 to 55 lower-case letters, digits and single hyphens.</summary>
    public string Container { get; set; } = "default";

    /// <summary>Exchange journals to this address: reports that arrive here are believed and split.</summary>
    public bool Journal { get; set; }

    /// <summary>
    /// Day (<c>2026-12-31</c>, UTC) from which the address is accepted for 30 days more, each mail with an alarm. <c>now</c>
    /// refuses it at once. Empty: it is in use.
    /// </summary>
    public string Retired { get; set; } = "";

    /// <summary>The start of that day; for <c>now</c> the beginning of time; null if it is in use.</summary>
    internal DateTimeOffset? RetiredAt => Retired switch
    {
        "" => null,
        RetiredNow => DateTimeOffset.MinValue,
        _ => DateTimeOffset.ParseExact(Retired, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
    };

    /// <summary>Whether <see cref="Retired"/> says something.</summary>
    internal bool IsRetiredWell =>
        Retired is "" or RetiredNow || DateOnly.TryParseExact(Retired, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private const string RetiredNow = "now";
}

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

/// <summary>What goes to Application Insights or another OpenTelemetry collector.</summary>
public sealed class TelemetryOptions
{
    /// <summary>
    /// Share of mails whose path is traced from connector to receipt, 0 to 1. A trace is about 10 KB: at 1, traces cost more
    /// than storing the mails.
    /// </summary>
    public double TraceRatio { get; set; } = 0.01;

    /// <summary>Show our identity to Application Insights, for instances that accept known clients only.</summary>
    public bool Identity { get; set; }

    /// <summary>
    /// Leave e-mail addresses in logs. Otherwise each is written as <c>(address)</c>; <c>maildepot log</c> always shows them.
    /// </summary>
    public bool Addresses { get; set; }
}
