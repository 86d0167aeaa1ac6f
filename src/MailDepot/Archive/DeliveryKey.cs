using System.Text;
using MailDepot.Journal;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Archive;

/// <summary>What makes two arrivals the same delivery.</summary>
/// <remarks>
/// For a journal report: its own Message-ID and its envelope part, so a report delivered again, by whatever way, is the
/// same. For other mail: the octets, and the reverse-path and the recipients, whatever their order, or the mailbox; for a
/// substitute also the UIDL of the mail that it stands for: two mails may have the same one.
/// The keys of all documents ever stored are made so: with addresses compared in another way, a delivery that is repeated
/// after an update would be archived a second time.
/// </remarks>
public static class DeliveryKey
{
    /// <summary>The key of this arrival; <paramref name="report"/> only if the mail was split as one.</summary>
    public static Digest Of(Ticket ticket, JournalReport? report) => Digest.Of(Encoding.UTF8.GetBytes(report is { Split: not null }
        ? $"report\n{report.MessageId}\n{report.EnvelopeSha256}"
        : $"mail\n{ticket.Sha256}\n{Envelope(ticket.Source)}"));

    private static string Envelope(MailSource source) => source switch
    {
        SmtpSource smtp => $"{EmailAddress.Folded(smtp.From)}\n{string.Join('\n', smtp.To.Select(EmailAddress.Folded).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}",
        Pop3Source { Substitute: true, Uidl.Length: > 0 } substitute => $"substitute\n{substitute.Mailbox}\n{substitute.Uidl}",
        Pop3Source pop3 => $"pop3\n{pop3.Mailbox}",
        _ => throw new NotSupportedException($"No delivery key is defined for a {source.GetType().Name}."),
    };
}
