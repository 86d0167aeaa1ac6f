using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>Writes rows of the table <c>Uidls</c>.</summary>
internal delegate Task WriteUidls(ImmutableArray<UidlPage> pages, ImmutableArray<RefusedMail> refused, CancellationToken ct);

/// <summary>What a visit works with.</summary>
/// <param name="Known">What the table <c>Uidls</c> says about the mailbox.</param>
internal sealed record VisitContext(
    MailboxOptions Mailbox, AcceptMail<Pop3Source> Accept, SpoolSlots Slots, KnownMails Known, WriteUidls Write, DepotEvents Events,
    VisitTally Tally, TimeProvider Clock);
