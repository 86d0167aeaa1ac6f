using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Ledger;

/// <summary>The roles of an address in a mail, often more than one.</summary>
[Flags]
public enum ParticipantRoles
{
    /// <summary>No role.</summary>
    None = 0,

    /// <summary>Author, or sender according to the report.</summary>
    From = 1,

    /// <summary>In To.</summary>
    To = 2,

    /// <summary>In Cc.</summary>
    Cc = 4,

    /// <summary>In Bcc: known only from a report or the sender's own copy.</summary>
    Bcc = 8,

    /// <summary>Recipient in an unknown role.</summary>
    Recipient = 16,

    /// <summary>A distribution list that was expanded to a recipient.</summary>
    Expanded = 32,

    /// <summary>Forwarded the mail to a recipient.</summary>
    Forwarded = 64,

    /// <summary>The person on whose behalf a delegate sent.</summary>
    OnBehalfOf = 128,
}

/// <summary>An address with its roles in a mail.</summary>
/// <param name="Address">
/// The first spelling in the mail, in lower case (<see cref="EmailAddress.Folded"/>); compared by <see cref="EmailAddress.Key"/>.
/// </param>
/// <param name="Roles">All roles.</param>
/// <param name="Hidden">
/// The roles that recipients could not see in the mail's header: Bcc, and recipients, lists and forwards known only from the
/// report or the SMTP envelope. Shown only to people who may see them; an address without other roles is not shown at all.
/// </param>
public sealed record Participant(string Address, ParticipantRoles Roles, ParticipantRoles Hidden = ParticipantRoles.None)
{
    /// <summary>
    /// Addresses that the index takes per receipt: twice what a report of 5,000 recipients needs. A header can hold a hundred
    /// thousand, and a row for each would keep the archiver busy for minutes.
    /// </summary>
    public const int MaxPerReceipt = 10_000;

    /// <summary>Everyone in a receipt, up to <see cref="MaxPerReceipt"/>, each address once, in alphabetical order.</summary>
    /// <remarks>
    /// The report's envelope takes precedence over the mail's header. SMTP recipients count only for ordinary mail: a journal
    /// address is not a person.
    /// </remarks>
    public static IReadOnlyList<Participant> Of(Receipt receipt)
    {
        var people = new SortedDictionary<string, (string Address, ParticipantRoles Shown, ParticipantRoles Hidden)>(
            StringComparer.Ordinal);
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

        return [.. people.Values.Select(one => new Participant(one.Address, one.Shown | one.Hidden, one.Hidden & ~one.Shown))];

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
                var (first, shown, secret) = people.GetValueOrDefault(key);
                people[key] = (first ?? EmailAddress.Folded(address), hidden ? shown : shown | role, hidden ? secret | role : secret);
            }
        }
    }

    /// <summary>The keys of the recipients in the mail's header, which everyone who got the mail could see.</summary>
    public static IReadOnlySet<string> InHeader(MailFacts mail) =>
        mail.To.Concat(mail.Cc).Where(a => a.Address.Length > 0).Select(a => EmailAddress.Key(a.Address)).ToHashSet(StringComparer.Ordinal);

    /// <summary>The SMTP recipients of ordinary mail; none for mail to a journal address.</summary>
    public static IEnumerable<string> EnvelopeRecipients(Receipt receipt) =>
        receipt is { Journal: null, Source: SmtpSource smtp } && !receipt.Flags.Contains(ReceiptFlag.NoReport) ? smtp.To : [];

    /// <summary>Whether a receipt names more addresses than the index takes.</summary>
    public static bool AreTooMany(MailFacts mail, JournalEnvelope? journal) =>
        mail.From.Length + mail.To.Length + mail.Cc.Length + mail.Bcc.Length + (journal is null ? 0 : CountOf(journal)) > MaxPerReceipt;

    /// <summary>Number of recipient lines, plus the lists and forwards they name, each counted once.</summary>
    private static int CountOf(JournalEnvelope journal)
    {
        var lists = journal.Recipients.SelectMany(r => new[] { r.Expanded, r.Forwarded }).OfType<string>();
        return journal.Recipients.Length + lists.DistinctBy(EmailAddress.Key, StringComparer.Ordinal).Count();
    }

    private static ParticipantRoles Role(RecipientKind kind) => kind switch
    {
        RecipientKind.To => ParticipantRoles.To,
        RecipientKind.Cc => ParticipantRoles.Cc,
        RecipientKind.Bcc => ParticipantRoles.Bcc,
        _ => ParticipantRoles.Recipient,
    };
}
