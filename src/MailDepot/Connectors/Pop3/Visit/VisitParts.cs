using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>Makes a mail durable: <see cref="MailSpool.AcceptAsync"/>. Returns the SHA-256 of its octets.</summary>
internal delegate Task<Digest> AcceptMail(MailSource source, Stream mail, CancellationToken ct);

/// <summary>Where a visit's mails go, and what is told and known of them.</summary>
/// <param name="Known">What the table <c>Uidls</c> tells.</param>
/// <param name="Write">Keeps rows of that table.</param>
internal sealed record VisitParts(
    MailboxOptions Mailbox, AcceptMail Accept, SpoolSlots Turns, KnownMails Known, Func<ImmutableArray<UidlPage>, ImmutableArray<RefusedMail>, CancellationToken, Task> Write, DepotEvents Events,
    VisitTally Tally, TimeProvider Clock);
