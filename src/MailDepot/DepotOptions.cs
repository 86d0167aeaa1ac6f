using System.Globalization;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using MailDepot.Mail;
using MailDepot.Notices;

namespace MailDepot;

/// <summary>The settings, section <c>MailDepot</c> of the configuration. Checked at start by <see cref="DepotOptionsCheck"/>.</summary>
public sealed class DepotOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "MailDepot";

    /// <summary>
    /// The work account, which has queues and spool: its connection string, or its blob endpoint for access by identity
    /// (<see cref="Storage.StorageAccount"/>). Required; <c>up</c> sets it to its Azurite.
    /// </summary>
    public string WorkStorage { get; set; } = "";

    /// <summary>The archive account, which has documents, ledger, tables and quarantine, named in the same way. Default: the work account.</summary>
    public string ArchiveStorage { get; set; } = "";

    /// <summary>Path of the Azurite that <c>up</c> starts: an executable or <c>azurite.js</c>. Default: the one on PATH, else installed.</summary>
    public string Azurite { get; set; } = "";

    /// <summary>Days that the live log keeps events, 1 to 3,650.</summary>
    public int EventDays { get; set; } = 30;

    /// <summary>TCP port on which the roles <c>smtp</c> and <c>worker</c> answer a container's probes by HTTP, 0 to 65535.</summary>
    public int HealthPort { get; set; } = 8080;

    /// <summary>
    /// Seconds that the roles <c>smtp</c> and <c>worker</c> have from SIGTERM to SIGKILL, 10 to 3,600: what runs is cut off five
    /// before. Default: what Kubernetes, and with it Container Apps, leaves unless it is told otherwise.
    /// </summary>
    public int GraceSeconds { get; set; } = 30;

    /// <summary>Which recipients are ours.</summary>
    public IList<RecipientOptions> Recipients { get; } = [];

    /// <summary>Which mailboxes are collected by POP3.</summary>
    public IList<MailboxOptions> Mailboxes { get; } = [];

    /// <summary>
    /// Where the passwords of mailboxes are that were added at run time: a key vault, <c>https://name.vault.azure.net</c>, or
    /// a folder. Default: in the local depot's folder, if its storage is on this machine too.
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

/// <summary>One entry of <c>MailDepot:Recipients</c>.</summary>
public sealed class RecipientOptions
{
    /// <summary>An address, <c>*@domain</c>, or <c>*</c>.</summary>
    public string Pattern { get; set; } = "";

    /// <summary>The archive container: 1 to 55 lower-case letters, digits and single hyphens.</summary>
    public string Container { get; set; } = "default";

    /// <summary>Exchange journals to this address.</summary>
    public bool Journal { get; set; }

    /// <summary>
    /// The day, <c>yyyy-MM-dd</c> UTC, from which another address takes this one's place: it is taken for
    /// <see cref="RecipientRule.Grace"/> more, each mail with an alarm. <c>now</c>: it is refused at once. Empty: it is in use.
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

/// <summary>Section <c>MailDepot:Smtp</c>.</summary>
public sealed class SmtpOptions
{
    /// <summary>The name in greeting and EHLO (RFC 5321 §4.2).</summary>
    public string Hostname { get; set; } = "localhost";

    /// <summary>TCP port, 0 to 65535; 0 takes any free one, which the role <c>smtp</c> refuses. Default 2525: ports below 1024 need privileges.</summary>
    public int Port { get; set; } = 2525;

    /// <summary>
    /// Octets of the largest mail, announced as SIZE (RFC 1870). Default 300 MiB: journal reports are exempt from
    /// Exchange's limits, a mail can have 150 MB, and a protected one carries a clear copy beside it.
    /// </summary>
    public long MaxBytes { get; set; } = 300 * 1024 * 1024;

    /// <summary>
    /// The certificate for STARTTLS (RFC 3207): a file with the certificate, its chain and its key (PEM, or PFX without a
    /// password), or the address of a Key Vault secret, <c>https://name.vault.azure.net/secrets/name</c>. Read again
    /// without a restart. <see cref="SmtpOptionsCheck.SelfMade"/>: each start makes one, for which nobody vouches. Empty:
    /// STARTTLS is not offered; <c>up</c> makes one all the same.
    /// </summary>
    public string Certificate { get; set; } = "";

    /// <summary>A PEM file with the key, where it is not in the file of <see cref="Certificate"/>.</summary>
    public string CertificateKey { get; set; } = "";

    /// <summary>Take mail only by TLS; programs of this machine may do without (530 5.7.0, RFC 3207 §4).</summary>
    public bool RequireTls { get; set; } = true;

    /// <summary>
    /// A name that a client's certificate must have, with a chain that this machine trusts; empty: none is needed.
    /// Exchange Online shows <c>mail.protection.outlook.com</c>, whoever the tenant is: never the only condition.
    /// </summary>
    public string ClientCertificate { get; set; } = "";

    /// <summary>
    /// Networks that mail may come from, in CIDR notation (RFC 4632 §3.1); none: any. Others get 554, which is for good. Only
    /// for where clients' addresses are visible: behind an ingress or proxy that hides them all would be refused.
    /// </summary>
    public IList<string> Networks { get; } = [];

    /// <summary>
    /// Networks of proxies, in CIDR notation (RFC 4632 §3.1): their connections must begin with a PROXY header, version 1 or 2
    /// (HAProxy's "The PROXY protocol"), and the client is the one in it. Name nobody else: whoever is here can pretend to be anyone.
    /// </summary>
    public IList<string> ProxiesFrom { get; } = [];

    /// <summary>Connections at a time, from everywhere.</summary>
    public int MaxConnections { get; set; } = 1_000;

    /// <summary>
    /// Connections at a time from one address, of IPv6 from its /64 unless <see cref="Networks"/> are named; 0: no limit. It
    /// counts for public addresses only: behind a private one, as that of Azure Container Apps' ingress, there may be many clients.
    /// </summary>
    public int MaxConnectionsPerAddress { get; set; } = 50;

    /// <summary>Octets of memory that mails may hold together while they come: 64 KiB for a small one, 4 MiB for any other.</summary>
    public long MemoryBytes { get; set; } = 64 * 1024 * 1024;
}

/// <summary>Section <c>MailDepot:Telemetry</c>. Where it goes is said by <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c> and the <c>OTEL_EXPORTER_OTLP_…</c> variables.</summary>
public sealed class TelemetryOptions
{
    /// <summary>The share of mails whose way is traced, 0 to 1. A trace is some 10 KB: at 1 a million mails cost more than their storage.</summary>
    public double TraceRatio { get; set; } = 0.01;

    /// <summary>Application Insights takes only who it knows (local authentication is off): we show our identity.</summary>
    public bool Identity { get; set; }

    /// <summary>Leave e-mail addresses in logs. Off, each is written as <c>(address)</c>; the depot's own log (<c>maildepot log</c>) always has them.</summary>
    public bool Addresses { get; set; }
}
