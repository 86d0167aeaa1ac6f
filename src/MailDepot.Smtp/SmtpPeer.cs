using System.Collections.Immutable;
using System.Net;

namespace MailDepot.Smtp;

/// <summary>The client of a connection, as far as it is known.</summary>
/// <param name="Address">The client's address as far as it is visible: <c>192.0.2.7</c>, or <c>unknown</c>.</param>
public sealed record SmtpPeer(string Address)
{
    /// <summary>The connection's TLS; null while it is in plain text.</summary>
    public TlsFacts? Tls { get; init; }

    /// <summary>The address is that of a proxy that named no client: the client is unknown.</summary>
    public bool IsProxy { get; init; }

    /// <summary>A program on this machine, not a proxy.</summary>
    public bool IsLocal => IsLoopback && !IsProxy;

    /// <summary>The address is a loopback address.</summary>
    public bool IsLoopback => IPAddress.TryParse(Address, out var address) && IPAddress.IsLoopback(address);
}

/// <summary>The result of a TLS handshake.</summary>
/// <param name="Version">As in tickets: <c>TLSv1.3</c>.</param>
/// <param name="Cipher">The cipher suite's IANA name.</param>
/// <param name="Client">The client's certificate; null if it sent none.</param>
public sealed record TlsFacts(string Version, string Cipher, ClientCertificate? Client);

/// <summary>The certificate a client sent.</summary>
/// <param name="Names">Common name and DNS names.</param>
/// <param name="Trusted">It is valid now, and its chain ends at an issuer that this machine trusts.</param>
public sealed record ClientCertificate(ImmutableArray<string> Names, bool Trusted);
