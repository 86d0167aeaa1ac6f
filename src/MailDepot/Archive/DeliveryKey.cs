using System.Text;
using MailDepot.Journal;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Archive;

/// <summary>What makes two arrivals the same delivery.</summary>
/// <remarks>
/// For a journal report: its own Message-ID and its envelope part, so a report that is redelivered by any route is the same.
/// For other mail: the bytes, with the reverse-path and the recipients in any order, or with the mailbox; for a substitute also
/// the UIDL of the mail it replaces, because two mails may have identical substitutes. The keys of everything ever archived are
/// made this way: if addresses were compared differently, a delivery repeated after an upgrade would be archived twice.
/// </remarks>
public static class DeliveryKey
{
    /// <summary>The key of this arrival; <paramref name="report"/> counts only if it was split.</summary>
    public static Digest Of(Ticket ticket, JournalReport? report) => Digest.Of(Encoding.UTF8.GetBytes(report is { Split: not null }
        ? $"report\n{report.MessageId}\n{report.EnvelopeSha256}"
        : $"mail\n{ticket.Sha256}\n{Envelope(ticket.Source)}"));

    private static string Envelope(MailSource source) => source switch
    {
        SmtpSource smtp => $"{EmailAddress.Folded(smtp.From)}\n{Recipients(smtp)}",
        Pop3Source { Substitute: true, Uidl.Length: > 0 } substitute => $"substitute\n{substitute.Mailbox}\n{substitute.Uidl}",
        Pop3Source pop3 => $"pop3\n{pop3.Mailbox}",
        _ => throw new NotSupportedException($"No delivery key is defined for a {source.GetType().Name}."),
    };

    private static string Recipients(SmtpSource smtp) =>
        string.Join('\n', smtp.To.Select(EmailAddress.Folded).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}
