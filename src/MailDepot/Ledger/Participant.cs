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
/// <param name="Address">Its key form (<see cref="EmailAddress.Key"/>).</param>
/// <param name="Roles">All of them.</param>
public sealed record Participant(string Address, ParticipantRoles Roles)
{
    /// <summary>
    /// Addresses of one receipt that the index takes: twice what a report of 5,000 recipients needs. A header can hold
    /// a hundred thousand, and a row for each would keep the archiver busy for minutes.
    /// </summary>
    public const int Most = 10_000;

    /// <summary>Everyone a receipt knows of, up to <see cref="Most"/>, each address once, in alphabetical order.</summary>
    /// <remarks>
    /// The report's envelope first, then the mail's own fields. An SMTP recipient counts only for ordinary mail:
    /// a journal address is nobody.
    /// </remarks>
    public static IReadOnlyList<Participant> Of(Receipt receipt)
    {
        var roles = new SortedDictionary<string, ParticipantRoles>(StringComparer.Ordinal);
        if (receipt.Journal is { } journal)
        {
            Add([journal.Sender], ParticipantRoles.From);
            Add([journal.OnBehalfOf], ParticipantRoles.OnBehalfOf);
            foreach (var recipient in journal.Recipients)
            {
                Add([recipient.Address], Role(recipient.Kind));
                Add([recipient.Expanded], ParticipantRoles.Expanded);
                Add([recipient.Forwarded], ParticipantRoles.Forwarded);
            }
        }

        Add(receipt.Mail.From.Select(a => a.Address), ParticipantRoles.From);
        Add(receipt.Mail.To.Select(a => a.Address), ParticipantRoles.To);
        Add(receipt.Mail.Cc.Select(a => a.Address), ParticipantRoles.Cc);
        Add(receipt.Mail.Bcc.Select(a => a.Address), ParticipantRoles.Bcc);
        Add(EnvelopeRecipients(receipt), ParticipantRoles.Recipient);
        return [.. roles.Select(pair => new Participant(pair.Key, pair.Value))];

        void Add(IEnumerable<string?> addresses, ParticipantRoles role)
        {
            foreach (var address in addresses)
            {
                if (string.IsNullOrWhiteSpace(address))
                {
                    continue;
                }

                var key = EmailAddress.Key(address);
                if (roles.Count < Most || roles.ContainsKey(key))
                {
                    roles[key] = roles.GetValueOrDefault(key) | role;
                }
            }
        }
    }

    /// <summary>The SMTP recipients of ordinary mail; none of a mail at a journal address, which is nobody's.</summary>
    public static IEnumerable<string> EnvelopeRecipients(Receipt receipt) =>
        receipt is { Journal: null, Source: SmtpSource smtp } && !receipt.Flags.Contains(ReceiptFlag.NoReport) ? smtp.To : [];

    /// <summary>Whether a receipt names more addresses than the index takes.</summary>
    public static bool AreTooMany(MailFacts mail, JournalEnvelope? journal) =>
        mail.From.Length + mail.To.Length + mail.Cc.Length + mail.Bcc.Length + (journal?.Recipients.Length ?? 0) > Most;

    private static ParticipantRoles Role(RecipientKind kind) => kind switch
    {
        RecipientKind.To => ParticipantRoles.To,
        RecipientKind.Cc => ParticipantRoles.Cc,
        RecipientKind.Bcc => ParticipantRoles.Bcc,
        _ => ParticipantRoles.Recipient,
    };
}
