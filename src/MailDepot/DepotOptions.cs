using MailDepot.Mail;

namespace MailDepot;

/// <summary>The settings, section <c>MailDepot</c> of the configuration. Checked at start by <see cref="DepotOptionsCheck"/>.</summary>
public sealed class DepotOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "MailDepot";

    /// <summary>Connection string of the work account: queues and spool. Required; <c>up</c> sets it to its Azurite.</summary>
    public string WorkStorage { get; set; } = "";

    /// <summary>Connection string of the archive account: documents, ledger, tables, quarantine. Default: the work account.</summary>
    public string ArchiveStorage { get; set; } = "";

    /// <summary>Path of the Azurite that <c>up</c> starts: an executable or <c>azurite.js</c>. Default: the one on PATH, else installed.</summary>
    public string Azurite { get; set; } = "";

    /// <summary>Days that the live log keeps events, 1 to 3,650.</summary>
    public int EventDays { get; set; } = 30;

    /// <summary>Which recipients are ours.</summary>
    public IList<RecipientOptions> Recipients { get; } = [];

    /// <summary>Which mailboxes are collected by POP3.</summary>
    public IList<MailboxOptions> Mailboxes { get; } = [];

    /// <summary>The SMTP endpoint.</summary>
    public SmtpOptions Smtp { get; set; } = new();

    /// <summary>The mailbox of this name; null if there is none.</summary>
    public MailboxOptions? Mailbox(string name) => Mailboxes.FirstOrDefault(mailbox => mailbox.Name == name);

    /// <summary>The recipients as a map.</summary>
    public RecipientMap RecipientMap() => new([.. Recipients.Select(r => new RecipientRule(r.Pattern, r.Container, r.Journal))]);
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
}

/// <summary>Section <c>MailDepot:Smtp</c>.</summary>
public sealed class SmtpOptions
{
    /// <summary>The name in greeting and EHLO (RFC 5321 §4.2).</summary>
    public string Hostname { get; set; } = "localhost";

    /// <summary>TCP port, 0 to 65535; 0 takes any free one. Default 2525: ports below 1024 need privileges.</summary>
    public int Port { get; set; } = 2525;

    /// <summary>
    /// Octets of the largest mail, announced as SIZE (RFC 1870). Default 300 MiB: journal reports are exempt from
    /// Exchange's limits, a mail can have 150 MB, and a protected one carries a clear copy beside it.
    /// </summary>
    public long MaxBytes { get; set; } = 300 * 1024 * 1024;
}
