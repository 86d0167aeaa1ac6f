using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>Which clients may send to this endpoint, and to which recipients.</summary>
public sealed class SmtpPolicy(RecipientMap recipients)
{
    private readonly Lock gate = new();
    private readonly Queue<DateTimeOffset> postmasterMails = [];

    /// <summary>Decides whether an address has retired, and counts the postmaster's mails.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>A client from another machine gets 530 in reply to MAIL until it has started TLS.</summary>
    public bool RequireTls { get; init; }

    /// <summary>
    /// A name that the client's certificate must contain, with a chain that this machine trusts; empty: none is required.
    /// Exchange Online presents <c>mail.protection.outlook.com</c>, which names the service and not a tenant: never rely on it alone.
    /// </summary>
    public string ClientCertificate { get; init; } = "";

    /// <summary>Networks clients may connect from; empty: any.</summary>
    public ImmutableArray<IPNetwork> Networks { get; init; } = [];

    /// <summary>Checks a client's address when it connects. Programs on this machine may always connect, as health probes do.</summary>
    /// <returns>The reply in place of a greeting; null if the client may connect.</returns>
    public SmtpReply? RefusalOf(SmtpPeer peer) =>
        peer.IsLoopback || MaySend(peer) ? null
        : IsKnown(peer) ? SmtpReply.NetworkNotAllowed
        : SmtpReply.AddressHidden;

    /// <summary>
    /// Checks a client that begins a transaction. Programs on this machine are always admitted, but not a local proxy that names
    /// no client.
    /// </summary>
    public bool TryAdmit(SmtpPeer peer, [NotNullWhen(false)] out SmtpReply? refusal)
    {
        refusal = peer.IsLocal ? null
            : !MaySend(peer) ? IsKnown(peer) ? SmtpReply.NetworkNotAllowed : SmtpReply.AddressHiddenAtMail
            : RequireTls && peer.Tls is null ? SmtpReply.TlsRequired
            : ClientCertificate.Length > 0 && !HasCertificate(peer, ClientCertificate) ? SmtpReply.NoCertificate
            : null;
        return refusal is null;
    }

    private bool MaySend(SmtpPeer peer) =>
        Networks.IsEmpty || (IPAddress.TryParse(peer.Address, out var address) && Networks.Any(network => network.Contains(address)));

    /// <summary>A client whose address is unknown may be one of those that may send.</summary>
    private static bool IsKnown(SmtpPeer peer) => !peer.IsProxy && IPAddress.TryParse(peer.Address, out _);

    private static bool HasCertificate(SmtpPeer peer, string name) =>
        peer.Tls?.Client is { Trusted: true } client && client.Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks one more recipient of a transaction.</summary>
    /// <remarks>
    /// A ticket has one destination, so all recipients of a transaction must share the archive container and journal mark of the
    /// first one. Others are deferred, not refused: clients send to them again in a separate transaction
    /// (RFC 5321 §4.5.3.1.10). The postmaster, whose mail goes to no archive container, shares a transaction with nobody.
    /// </remarks>
    /// <param name="address">The mailbox, or a bare Postmaster.</param>
    /// <param name="first">The rule of the transaction's first accepted recipient, if there is one.</param>
    /// <param name="rule">The rule that admits the recipient.</param>
    /// <param name="refusal">The reply otherwise.</param>
    public bool TryAdmit(
        string address, RecipientRule? first, [NotNullWhen(true)] out RecipientRule? rule, [NotNullWhen(false)] out SmtpReply? refusal)
    {
        rule = recipients.Find(address) ?? (Postmaster.Is(address) ? Postmaster.Rule : null);
        refusal = rule switch
        {
            _ when recipients.Rules.IsEmpty => SmtpReply.RecipientsNotLoaded,
            null => SmtpReply.UnknownRecipient,
            _ when rule.IsClosed(Clock.GetUtcNow()) => SmtpReply.UnknownRecipient,
            _ when first is not null && (rule == Postmaster.Rule || !SameDestination(rule, first)) => SmtpReply.OtherDestination,
            _ => null,
        };
        return refusal is null;
    }

    /// <summary>Counts a mail to the postmaster, whether it follows or not; false if the limit of this hour is reached.</summary>
    public bool TryCountPostmasterMail(SmtpLimits limits)
    {
        var now = Clock.GetUtcNow();
        lock (gate)
        {
            while (postmasterMails.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromHours(1))
            {
                postmasterMails.Dequeue();
            }

            if (postmasterMails.Count >= limits.PostmasterMails)
            {
                return false;
            }

            postmasterMails.Enqueue(now);
            return true;
        }
    }

    private static bool SameDestination(RecipientRule one, RecipientRule other) =>
        string.Equals(one.Container, other.Container, StringComparison.Ordinal) && one.Journal == other.Journal;
}
