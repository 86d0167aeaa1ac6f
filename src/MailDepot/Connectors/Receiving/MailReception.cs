using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Smtp;
using MailDepot.Spool;

namespace MailDepot.Connectors.Receiving;

/// <summary>Takes in the mails of the SMTP port: spools each, and logs what the administrator should know about it.</summary>
public sealed class MailReception(RecipientMap recipients, MailSpool spool, DepotEvents events, TimeProvider clock)
{
    /// <summary>Makes a mail durable (<see cref="AcceptMail{TSource}"/>).</summary>
    public async Task<AcceptedMail> AcceptAsync(SmtpSource source, Stream mail, CancellationToken ct)
    {
        var accepted = await SpoolAsync(source, mail, ct);
        WarnOfRetired(source, accepted.Ticket);
        return accepted;
    }

    /// <summary>
    /// Logs every failure to store the mail, whatever its cause, even an identity that gets no token. The session replies
    /// 451 or 452, and the client sends the mail again. Failures that the client caused are logged by the session.
    /// </summary>
    private async Task<AcceptedMail> SpoolAsync(SmtpSource source, Stream mail, CancellationToken ct)
    {
        try
        {
            return (await spool.AcceptAsync(source, mail, ct)).Accepted;
        }
        catch (Exception failure) when (!IsClientFault(failure) && !ct.IsCancellationRequested)
        {
            var full = Failure.IsFull(failure);
            var reply = full ? "452, storage is full" : "451";
            events.Write(
                EventKind.Failed, Guid.Empty,
                $"A mail {source.ShortDescription} was answered {reply}: {Failure.Describe(failure)}. The client sends it again.");
            if (full)
            {
                throw new StorageFullException(failure);
            }

            throw;
        }
    }

    private static bool IsClientFault(Exception failure) =>
        failure is PeerDisconnectedException or PeerTimeoutException or MailTooLargeException or MemoryBudgetExceededException;

    /// <summary>A retired address will soon be refused: until then each mail to it raises an alarm.</summary>
    private void WarnOfRetired(SmtpSource source, Guid ticket)
    {
        var now = clock.GetUtcNow();
        foreach (var alarm in source.To.Select(recipients.Find).Distinct().Select(rule => rule?.RetirementAlarm(now)).OfType<string>())
        {
            events.Write(EventKind.Warned, ticket, alarm);
        }
    }
}
