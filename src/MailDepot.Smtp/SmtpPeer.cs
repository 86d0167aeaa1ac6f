using System.Collections.Immutable;
using System.Net;

namespace MailDepot.Smtp;

/// <summary>Who is at the other end, as far as it can be known.</summary>
/// <param name="Address">The client's address as far as it is visible: <c>192.0.2.7</c>, or <c>unknown</c>.</param>
public sealed record SmtpPeer(string Address)
{
    /// <summary>The connection's TLS; null while it is plain.</summary>
    public TlsFacts? Tls { get; init; }

    /// <summary>The address is that of a proxy which named no client: who is behind it is not known.</summary>
    public bool IsProxy { get; init; }

    /// <summary>It is a program of this machine, and no proxy.</summary>
    public bool IsLocal => IsLoopback && !IsProxy;

    /// <summary>Its address is this machine's.</summary>
    public bool IsLoopback => IPAddress.TryParse(Address, out var address) && IPAddress.IsLoopback(address);
}

/// <summary>What the handshake came to.</summary>
/// <param name="Version">As in tickets: <c>TLSv1.3</c>.</param>
/// <param name="Cipher">The cipher suite's name (IANA).</param>
/// <param name="Client">The client's certificate; null if it showed none.</param>
public sealed record TlsFacts(string Version, string Cipher, ClientCertificate? Client);

/// <summary>What a client showed of itself.</summary>
/// <param name="Names">Common name and DNS names.</param>
/// <param name="Trusted">Its chain ends at an issuer that this machine trusts, and it is valid now.</param>
public sealed record ClientCertificate(ImmutableArray<string> Names, bool Trusted);
