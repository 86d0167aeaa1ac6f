using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>Whose mail this endpoint takes.</summary>
public sealed class SmtpPolicy(RecipientMap recipients)
{
    private readonly Lock turns = new();
    private readonly Queue<DateTimeOffset> postmasterTurns = [];

    /// <summary>Tells whether an address has retired.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>A client that is not of this machine gets 530 to MAIL until it has begun TLS.</summary>
    public bool RequireTls { get; init; }

    /// <summary>
    /// A name that the client's certificate must have, with a chain that this machine trusts; empty: none is needed.
    /// Exchange Online shows <c>mail.protection.outlook.com</c>, which names the service and not a tenant: never the only condition.
    /// </summary>
    public string ClientCertificate { get; init; } = "";

    /// <summary>Whence clients may come; empty: from anywhere.</summary>
    public ImmutableArray<IPNetwork> Networks { get; init; } = [];

    /// <summary>Judges a client that connects, by its address alone. From this machine anyone may, as a health probe does.</summary>
    /// <returns>In place of a greeting; null if it is welcome.</returns>
    public SmtpReply? RefusalOf(SmtpPeer peer) =>
        peer.IsLoopback || MaySend(peer) ? null
        : IsKnown(peer) ? SmtpReply.NotWelcome
        : SmtpReply.NobodyKnown;

    /// <summary>
    /// Judges a client that begins a transaction. Programs of this machine are admitted as they come; a proxy on it that names
    /// no client is not one.
    /// </summary>
    public bool TryAdmit(SmtpPeer peer, [NotNullWhen(false)] out SmtpReply? refusal)
    {
        refusal = peer.IsLocal ? null
            : !MaySend(peer) ? IsKnown(peer) ? SmtpReply.NotWelcome : SmtpReply.NoAddress
            : RequireTls && peer.Tls is null ? SmtpReply.TlsRequired
            : ClientCertificate.Length > 0 && !Shows(peer, ClientCertificate) ? SmtpReply.NoCertificate
            : null;
        return refusal is null;
    }

    private bool MaySend(SmtpPeer peer) =>
        Networks.IsEmpty || (IPAddress.TryParse(peer.Address, out var address) && Networks.Any(network => network.Contains(address)));

    /// <summary>Whose address is not known may be one of those that may send.</summary>
    private static bool IsKnown(SmtpPeer peer) => !peer.IsProxy && IPAddress.TryParse(peer.Address, out _);

    private static bool Shows(SmtpPeer peer, string name) =>
        peer.Tls?.Client is { Trusted: true } client && client.Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Judges one more recipient of a transaction.</summary>
    /// <remarks>
    /// A ticket has one destination, so all recipients of a transaction lead to the archive container, and have the
    /// journal mark, of the first one. Others are put off, not refused: clients send them again in a transaction of
    /// their own (RFC 5321 §4.5.3.1.10). So is everyone beside the postmaster, whose mail goes to no archive container.
    /// </remarks>
    /// <param name="address">The mailbox, or a bare Postmaster.</param>
    /// <param name="first">The rule of the transaction's first accepted recipient, if there is one already.</param>
    /// <param name="rule">The rule that admits it.</param>
    /// <param name="refusal">Otherwise the reply.</param>
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

    /// <summary>Takes one of the postmaster's turns of an hour, whether a mail follows or not. False if there is none left.</summary>
    public bool TryTakePostmasterTurn(SmtpLimits limits)
    {
        var now = Clock.GetUtcNow();
        lock (turns)
        {
            while (postmasterTurns.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromHours(1))
            {
                postmasterTurns.Dequeue();
            }

            if (postmasterTurns.Count >= limits.PostmasterMails)
            {
                return false;
            }

            postmasterTurns.Enqueue(now);
            return true;
        }
    }

    private static bool SameDestination(RecipientRule one, RecipientRule other) =>
        string.Equals(one.Container, other.Container, StringComparison.Ordinal) && one.Journal == other.Journal;
}
