using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>Decides about a recipient that a client names with RCPT.</summary>
/// <remarks>
/// All recipients of a transaction must lead to one destination. Defer the others with <see cref="SmtpReply.OtherDestination"/>:
/// clients send to them again in a separate transaction (RFC 5321 §4.5.3.1.10).
/// </remarks>
/// <param name="address">The mailbox, or a bare Postmaster.</param>
/// <param name="first">The destination of the transaction's first accepted recipient; null if there is none yet.</param>
/// <param name="size">The mail's size in bytes as the client announced it (RFC 1870 §3); null if it did not.</param>
public delegate RecipientDecision DecideRecipient(string address, Destination? first, long? size);

/// <summary>A recipient is accepted for a destination, or refused with a reply.</summary>
public sealed record RecipientDecision
{
    private RecipientDecision(Destination? destination, SmtpReply? refusal, long maxBytes) =>
        (Destination, Refusal, MaxBytes) = (destination, refusal, maxBytes);

    /// <summary>Where its mail goes; null if it is refused.</summary>
    public Destination? Destination { get; }

    /// <summary>The reply if it is refused; otherwise null.</summary>
    public SmtpReply? Refusal { get; }

    /// <summary>Bytes that a mail to this recipient may have, if that is less than <see cref="SmtpLimits.MailBytes"/>.</summary>
    public long MaxBytes { get; }

    /// <summary>Accepts the recipient.</summary>
    public static RecipientDecision Accept(Destination destination, long maxBytes = long.MaxValue) =>
        new(destination, refusal: null, maxBytes);

    /// <summary>Refuses or defers the recipient.</summary>
    public static RecipientDecision Refuse(SmtpReply reply) => new(destination: null, reply, maxBytes: 0);
}
