using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace MailDepot.Smtp;

/// <summary>Counts who is here, and greets who comes: welcome, too many or not known (421), or from a network that may not send (554).</summary>
public sealed class ConnectionGate(SmtpPolicy policy, SmtpLimits limits)
{
    /// <summary>
    /// Addresses behind which there may be many clients: a proxy's, an ingress', a bridge's. RFC 1918, RFC 6598 (which Azure
    /// uses inside), RFC 3927, RFC 4193, RFC 4291 §2.5.6, and the machine's own.
    /// </summary>
    private static readonly ImmutableArray<IPNetwork> Shared =
    [
        .. new[] { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128" }
            .Select(IPNetwork.Parse),
    ];

    /// <summary>Octets of an IPv6 address that name a network (RFC 4291 §2.5.4): whoever has one has all addresses in it.</summary>
    private const int NetworkBytes = 8;

    private readonly ConcurrentDictionary<IPAddress, int> byAddress = [];
    private int all;

    /// <summary>A client is here until the visit is disposed of.</summary>
    public Visit Enter(SmtpPeer peer)
    {
        var counted = limits.ConnectionsPerAddress > 0 ? Counted(peer) : null;
        var here = Interlocked.Increment(ref all);
        var ofAddress = counted is null ? 0 : byAddress.AddOrUpdate(counted, 1, static (_, count) => count + 1);
        var greeting = policy.RefusalOf(peer) is { } refusal ? refusal
            : here > limits.Connections || ofAddress > limits.ConnectionsPerAddress ? SmtpReply.TooManyConnections
            : SmtpReply.Greeting(limits);
        return new Visit(this, counted, greeting);
    }

    /// <summary>One client's address, or its network; null for an address behind which there may be many, as any proxy's that names nobody.</summary>
    /// <remarks>Named networks are trusted not to change addresses, and Exchange Online has many hosts in one of 64 bits.</remarks>
    private IPAddress? Counted(SmtpPeer peer) =>
        peer.IsProxy || !IPAddress.TryParse(peer.Address, out var address) || Shared.Any(network => network.Contains(address)) ? null
        : address.AddressFamily == AddressFamily.InterNetworkV6 && policy.Networks.IsEmpty ? NetworkOf(address)
        : address;

    private static IPAddress NetworkOf(IPAddress address)
    {
        var octets = address.GetAddressBytes();
        octets.AsSpan(NetworkBytes).Clear();
        return new IPAddress(octets);
    }

    private void Leave(IPAddress? counted)
    {
        Interlocked.Decrement(ref all);
        if (counted is not null)
        {
            byAddress.AddOrUpdate(counted, 0, static (_, count) => count - 1);
            byAddress.TryRemove(new(counted, 0));
        }
    }

    /// <summary>One connection, from its first octet to its last.</summary>
    public sealed class Visit : IDisposable
    {
        private readonly IPAddress? counted;
        private ConnectionGate? door;

        internal Visit(ConnectionGate door, IPAddress? counted, SmtpReply greeting) => (this.door, this.counted, Greeting) = (door, counted, greeting);

        /// <summary>220, or the reply with which the connection ends at once.</summary>
        public SmtpReply Greeting { get; }

        /// <inheritdoc />
        public void Dispose() => Interlocked.Exchange(ref door, null)?.Leave(counted);
    }
}
