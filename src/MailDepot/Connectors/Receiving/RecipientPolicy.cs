using MailDepot.Mail;
using MailDepot.Smtp;

namespace MailDepot.Connectors.Receiving;

/// <summary>Which recipients the SMTP port accepts, and where their mail goes.</summary>
public sealed class RecipientPolicy(RecipientMap recipients, TimeProvider clock)
{
    private readonly PostmasterQuota postmaster = new(PostmasterQuota.MailsPerHour, clock);

    /// <summary>Decides about a recipient of a transaction (<see cref="DecideRecipient"/>).</summary>
    /// <remarks>An empty map means that the configuration is missing: everyone is deferred, so that no mail is lost.</remarks>
    public RecipientDecision Decide(string address, Destination? first, long? size)
    {
        if (recipients.Rules.IsEmpty)
        {
            return RecipientDecision.Refuse(SmtpReply.RecipientsNotLoaded);
        }

        if (recipients.Find(address) is not { } rule)
        {
            return Postmaster.Is(address) ? DecidePostmaster(first, size) : RecipientDecision.Refuse(SmtpReply.UnknownRecipient);
        }

        return rule.IsClosed(clock.GetUtcNow()) ? RecipientDecision.Refuse(SmtpReply.UnknownRecipient)
            : first is not null && first != rule.Destination ? RecipientDecision.Refuse(SmtpReply.OtherDestination)
            : RecipientDecision.Accept(rule.Destination);
    }

    /// <summary>The postmaster's mail goes to no archive container, so the postmaster can't share a transaction.</summary>
    private RecipientDecision DecidePostmaster(Destination? first, long? size) =>
        first is not null ? RecipientDecision.Refuse(SmtpReply.OtherDestination)
        : size > Postmaster.MaxBytes ? RecipientDecision.Refuse(SmtpReply.TooLarge(Postmaster.MaxBytes))
        : postmaster.TryTake() ? RecipientDecision.Accept(Postmaster.Destination, Postmaster.MaxBytes)
        : RecipientDecision.Refuse(SmtpReply.PostmasterBusy);
}
