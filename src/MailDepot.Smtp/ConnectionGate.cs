using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace MailDepot.Smtp;

/// <summary>
/// Counts connections and decides how each is greeted: with 220, with 421 (too many, or address unknown), or with 554 (from a
/// network that may not send).
/// </summary>
public sealed class ConnectionGate(SmtpPolicy policy, SmtpLimits limits)
{
    /// <summary>
    /// Addresses that many clients may share: a proxy's, an ingress', a bridge's. RFC 1918, RFC 6598 (which Azure uses
    /// internally), RFC 3927, RFC 4193, RFC 4291 §2.5.6, and the loopback addresses.
    /// </summary>
    private static readonly ImmutableArray<IPNetwork> Shared =
    [
        .. new[]
        {
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
            "fc00::/7", "fe80::/10", "::1/128",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>Bytes of an IPv6 address that name its network (RFC 4291 §2.5.4); a client may use any address in it.</summary>
    private const int NetworkBytes = 8;

    private readonly ConcurrentDictionary<IPAddress, int> byAddress = [];
    private int all;

    /// <summary>Counts a connection until the result is disposed.</summary>
    public Admission Admit(SmtpPeer peer)
    {
        var key = CountedAddress(peer);
        var total = Interlocked.Increment(ref all);
        var ofAddress = key is null ? 0 : byAddress.AddOrUpdate(key, 1, static (_, count) => count + 1);
        var greeting = policy.RefusalOf(peer) is { } refusal ? refusal
            : total > limits.Connections || ofAddress > limits.ConnectionsPerAddress ? SmtpReply.TooManyConnections
            : SmtpReply.Greeting(limits);
        return new Admission(this, key, greeting);
    }

    /// <summary>
    /// The client's address, or its IPv6 network; null where there is no limit per address, for a shared address, and for a
    /// proxy that names no client.
    /// </summary>
    /// <remarks>
    /// Where networks are configured, IPv6 addresses count one by one: those clients are trusted not to change addresses, and
    /// Exchange Online has many hosts in one network of 64 bits.
    /// </remarks>
    private IPAddress? CountedAddress(SmtpPeer peer) =>
        limits.ConnectionsPerAddress <= 0 || peer.IsProxy || !IPAddress.TryParse(peer.Address, out var address)
            || Shared.Any(network => network.Contains(address)) ? null
        : address.AddressFamily == AddressFamily.InterNetworkV6 && policy.Networks.IsEmpty ? NetworkOf(address)
        : address;

    private static IPAddress NetworkOf(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes);
    }

    private void Leave(IPAddress? key)
    {
        Interlocked.Decrement(ref all);
        if (key is not null)
        {
            byAddress.AddOrUpdate(key, 0, static (_, count) => count - 1);
            byAddress.TryRemove(new(key, 0));
        }
    }

    /// <summary>One counted connection.</summary>
    public sealed class Admission : IDisposable
    {
        private readonly IPAddress? key;
        private ConnectionGate? gate;

        internal Admission(ConnectionGate gate, IPAddress? key, SmtpReply greeting) =>
            (this.gate, this.key, Greeting) = (gate, key, greeting);

        /// <summary>220, or the reply with which the connection ends at once.</summary>
        public SmtpReply Greeting { get; }

        /// <inheritdoc />
        public void Dispose() => Interlocked.Exchange(ref gate, null)?.Leave(key);
    }
}
