using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using MailDepot.Events;
using MailDepot.Notices;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

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

    /// <summary>What is exported to Application Insights or another collector.</summary>
    public TelemetryOptions Telemetry { get; set; } = new();

    /// <summary>Reads the section of a configuration.</summary>
    /// <exception cref="OptionsValidationException">It has a key of an earlier version.</exception>
    /// <exception cref="InvalidOperationException">It has an unknown key, or a value of another type.</exception>
    public void Bind(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        ThrowIfAny(MailboxOptionsCheck.RenamedKeyErrors(section.GetSection(nameof(Mailboxes))));
        section.Bind(this, binder => binder.ErrorOnUnknownConfiguration = true);
    }

    /// <summary>Reports everything that is wrong at once.</summary>
    /// <exception cref="OptionsValidationException">There is an error.</exception>
    public static void ThrowIfAny(IEnumerable<string> errors)
    {
        if (errors.ToList() is { Count: > 0 } all)
        {
            throw new OptionsValidationException(Section, typeof(DepotOptions), all);
        }
    }

    /// <summary>The archive containers that mail goes to, some of them perhaps more than once.</summary>
    public IEnumerable<string> ArchiveContainers() =>
        Recipients.Select(recipient => recipient.Container).Concat(Mailboxes.Select(mailbox => mailbox.Container));

    /// <summary>The storage accounts, for the room that opens them.</summary>
    public StorageOptions StorageOptions() => new(WorkStorage, ArchiveStorage);

    /// <summary>How long events are kept, for the room that keeps them.</summary>
    public EventOptions EventOptions() => new(EventDays);

    /// <summary>The recipients as a map.</summary>
    public RecipientMap RecipientMap() =>
        new([.. Recipients.Select(r => new RecipientRule(r.Pattern, r.Container, r.Journal) { Retired = r.RetiredAt })]);
}
