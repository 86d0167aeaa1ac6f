namespace MailDepot.Mail;

/// <summary>Makes a mail durable before it returns: what a connector asks of the spool.</summary>
/// <remarks>
/// Read <paramref name="mail"/> to its end. Once this returns, the connector lets the other side forget the mail: by 250, or by
/// DELE. After any exception it does not, and the mail comes again. An exception from <paramref name="mail"/> itself (too
/// large, connection lost, too slow) must propagate, and nothing may be stored.
/// </remarks>
/// <param name="source">Where the mail comes from.</param>
/// <param name="mail">The bytes as received; asynchronous, forward only.</param>
/// <param name="ct">The host no longer waits.</param>
public delegate Task<AcceptedMail> AcceptMail<in TSource>(TSource source, Stream mail, CancellationToken ct)
    where TSource : MailSource;

/// <summary>A mail that is durable.</summary>
/// <param name="Ticket">The id of its ticket.</param>
/// <param name="Sha256">Of the bytes as received.</param>
public readonly record struct AcceptedMail(Guid Ticket, Digest Sha256);
