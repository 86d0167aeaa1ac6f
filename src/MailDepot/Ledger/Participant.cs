using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Ledger;

/// <summary>The roles of an address in a mail. More than one is usual.</summary>
[Flags]
public enum ParticipantRoles
{
    /// <summary>No role.</summary>
    None = 0,

    /// <summary>Author, or the sender that the report names.</summary>
    From = 1,

    /// <summary>In To.</summary>
    To = 2,

    /// <summary>In Cc.</summary>
    Cc = 4,

    /// <summary>In Bcc: only a report or the sender's own copy tells.</summary>
    Bcc = 8,

    /// <summary>Got it, in a role that is not known.</summary>
    Recipient = 16,

    /// <summary>A distribution list that led to a recipient.</summary>
    Expanded = 32,

    /// <summary>Forwarded it to a recipient.</summary>
    Forwarded = 64,

    /// <summary>The one for whom a delegate sent.</summary>
    OnBehalfOf = 128,
}

/// <summary>An address with its roles in a mail.</summary>
/// <param name="Address">As the mail has it first, in lower case (<see cref="EmailAddress.Folded"/>); compared by its key (<see cref="EmailAddress.Key"/>).</param>
/// <param name="Roles">All of them.</param>
/// <param name="Hidden">
/// Those of them that no recipient could read in the mail's header: Bcc, and recipients, lists and forwards that only the
/// report or the SMTP envelope tells. Shown only to those who may; who has no other role is not shown at all.
/// </param>
public sealed record Participant(string Address, ParticipantRoles Roles, ParticipantRoles Hidden = ParticipantRoles.None)
{
    /// <summary>
    /// Addresses of one receipt that the index takes: twice what a report of 5,000 recipients needs. A header can hold
    /// a hundred thousand, and a row for each would keep the archiver busy for minutes.
    /// </summary>
    public const int MaxPerReceipt = 10_000;

    /// <summary>Everyone a receipt knows of, up to <see cref="MaxPerReceipt"/>, each address once, in alphabetical order.</summary>
    /// <remarks>
    /// The report's envelope first, then the mail's own fields. An SMTP recipient counts only for ordinary mail:
    /// a journal address is nobody.
    /// </remarks>
    public static IReadOnlyList<Participant> Of(Receipt receipt)
    {
        var people = new SortedDictionary<string, (string Written, ParticipantRoles Shown, ParticipantRoles Hidden)>(StringComparer.Ordinal);
        var inHeader = InHeader(receipt.Mail);
        if (receipt.Journal is { } journal)
        {
            Show([journal.Sender], ParticipantRoles.From);
            Show([journal.OnBehalfOf], ParticipantRoles.OnBehalfOf);
            Add(journal.Mailbox, ParticipantRoles.Recipient, !IsIn(journal.Mailbox));
            foreach (var recipient in journal.Recipients)
            {
                Add(recipient.Address, Role(recipient.Kind), recipient.Kind is RecipientKind.Bcc || !IsIn(recipient.Address));
                Add(recipient.Expanded, ParticipantRoles.Expanded, !IsIn(recipient.Expanded));
                Add(recipient.Forwarded, ParticipantRoles.Forwarded, !IsIn(recipient.Forwarded));
            }
        }

        Show(receipt.Mail.From.Select(a => a.Address), ParticipantRoles.From);
        Show(receipt.Mail.To.Select(a => a.Address), ParticipantRoles.To);
        Show(receipt.Mail.Cc.Select(a => a.Address), ParticipantRoles.Cc);
        foreach (var bcc in receipt.Mail.Bcc)
        {
            Add(bcc.Address, ParticipantRoles.Bcc, hidden: true);
        }

        foreach (var recipient in EnvelopeRecipients(receipt))
        {
            Add(recipient, ParticipantRoles.Recipient, !IsIn(recipient));
        }

        return [.. people.Select(one => new Participant(one.Value.Written, one.Value.Shown | one.Value.Hidden, one.Value.Hidden & ~one.Value.Shown))];

        bool IsIn(string? address) => address is not null && inHeader.Contains(EmailAddress.Key(address));

        void Show(IEnumerable<string?> addresses, ParticipantRoles role)
        {
            foreach (var address in addresses)
            {
                Add(address, role, hidden: false);
            }
        }

        void Add(string? address, ParticipantRoles role, bool hidden)
        {
            if (string.IsNullOrWhiteSpace(address))
            {
                return;
            }

            var key = EmailAddress.Key(address);
            if (people.Count < MaxPerReceipt || people.ContainsKey(key))
            {
                var (written, shown, secret) = people.GetValueOrDefault(key);
                people[key] = (written ?? EmailAddress.Folded(address), hidden ? shown : shown | role, hidden ? secret | role : secret);
            }
        }
    }

    /// <summary>The recipients that everybody who got the mail could read in its header, in their key form.</summary>
    public static IReadOnlySet<string> InHeader(MailFacts mail) =>
        mail.To.Concat(mail.Cc).Where(a => a.Address.Length > 0).Select(a => EmailAddress.Key(a.Address)).ToHashSet(StringComparer.Ordinal);

    /// <summary>The SMTP recipients of ordinary mail; none of a mail at a journal address, which is nobody's.</summary>
    public static IEnumerable<string> EnvelopeRecipients(Receipt receipt) =>
        receipt is { Journal: null, Source: SmtpSource smtp } && !receipt.Flags.Contains(ReceiptFlag.NoReport) ? smtp.To : [];

    /// <summary>Whether a receipt names more addresses than the index takes.</summary>
    public static bool AreTooMany(MailFacts mail, JournalEnvelope? journal) =>
        mail.From.Length + mail.To.Length + mail.Cc.Length + mail.Bcc.Length + (journal is null ? 0 : Named(journal)) > MaxPerReceipt;

    /// <summary>Recipient lines, and the lists and forwards that they name, each once.</summary>
    private static int Named(JournalEnvelope journal) => journal.Recipients.Length
        + journal.Recipients.SelectMany(r => new[] { r.Expanded, r.Forwarded }).OfType<string>().DistinctBy(EmailAddress.Key, StringComparer.Ordinal).Count();

    private static ParticipantRoles Role(RecipientKind kind) => kind switch
    {
        RecipientKind.To => ParticipantRoles.To,
        RecipientKind.Cc => ParticipantRoles.Cc,
        RecipientKind.Bcc => ParticipantRoles.Bcc,
        _ => ParticipantRoles.Recipient,
    };
}
