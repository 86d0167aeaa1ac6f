using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace MailDepot.Smtp;

/// <summary>Which clients may send to this endpoint.</summary>
public sealed class SmtpPolicy
{
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
}
