using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MailDepot.Smtp;

/// <summary>
/// The PROXY protocol, versions 1 and 2 ("The PROXY protocol", HAProxy, 2020): what a load balancer says about the client
/// before the client's first byte. No I/O.
/// </summary>
public static class ProxyHeader
{
    /// <summary>Bytes of the longest version 1 line, CRLF included (§2.1).</summary>
    private const int MaxLineLength = 107;

    /// <summary>Bytes of a version 2 header before its addresses (§2.2).</summary>
    private const int FixedBytes = 16;

    /// <summary>Bytes accepted after those: addresses of any family (216) and a few TLVs. No honest header has more.</summary>
    private const int MaxAddressBytes = 2_048;

    // §2.2: version and command, family and transport.
    private const byte Version2Local = 0x20;
    private const byte Version2Proxy = 0x21;
    private const byte Tcp4 = 0x11;
    private const byte Tcp6 = 0x21;

    // §2.2: source and destination address, then source and destination port.
    private const int Tcp4Bytes = 12;
    private const int Tcp6Bytes = 36;

    private static readonly byte[] Signature = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];
    private static readonly byte[] LinePrefix = "PROXY "u8.ToArray();

    /// <summary>Reads the header at the start of a connection.</summary>
    /// <param name="buffer">What has arrived so far; after <see cref="ProxyRead.Complete"/>, what follows the header.</param>
    /// <param name="client">The client's address; null if the header names none (LOCAL, UNKNOWN) and the connection's own counts.</param>
    public static ProxyRead TryRead(ref ReadOnlySequence<byte> buffer, out IPAddress? client)
    {
        (client, var length, var read) = (null, 0, ProxyRead.Invalid);
        var start = buffer.Slice(0, Math.Min(buffer.Length, FixedBytes + MaxAddressBytes)).ToArray().AsSpan();
        if (Begins(start, Signature))
        {
            read = ReadBinary(start, out client, out length);
        }
        else if (Begins(start, LinePrefix))
        {
            read = ReadLine(start, out client, out length);
        }

        if (read == ProxyRead.Complete)
        {
            buffer = buffer.Slice(length);
        }
        else
        {
            client = null;
        }

        return read;
    }

    /// <summary>Compares as many bytes as have arrived.</summary>
    private static bool Begins(ReadOnlySpan<byte> start, ReadOnlySpan<byte> with) =>
        start.Length < with.Length ? with.StartsWith(start) : start.StartsWith(with);

    /// <summary>§2.2.</summary>
    private static ProxyRead ReadBinary(ReadOnlySpan<byte> header, out IPAddress? client, out int length)
    {
        (client, length) = (null, FixedBytes);
        if (header.Length < FixedBytes)
        {
            return ProxyRead.Incomplete;
        }

        var (command, family) = (header[Signature.Length], header[Signature.Length + 1]);
        int addresses = BinaryPrimitives.ReadUInt16BigEndian(header[(Signature.Length + 2)..]);
        length = FixedBytes + addresses;
        if (command is not (Version2Local or Version2Proxy) || addresses > MaxAddressBytes)
        {
            return ProxyRead.Invalid;
        }

        if (header.Length < length)
        {
            return ProxyRead.Incomplete;
        }

        if (command == Version2Local)
        {
            return ProxyRead.Complete; // the proxy itself, probing our health
        }

        var fields = header[FixedBytes..length];
        switch (family)
        {
            case Tcp4 when fields.Length >= Tcp4Bytes:
                client = new IPAddress(fields[..4]);
                return ProxyRead.Complete;
            case Tcp6 when fields.Length >= Tcp6Bytes:
                client = Unmapped(new IPAddress(fields[..16]));
                return ProxyRead.Complete;
            case 0:
                return ProxyRead.Complete; // UNSPEC: like UNKNOWN
            default:
                return ProxyRead.Invalid; // SMTP runs over TCP/IP only
        }
    }

    /// <summary>§2.1: <c>PROXY TCP4 192.0.2.7 192.0.2.1 50000 25</c>, single spaces, CRLF.</summary>
    private static ProxyRead ReadLine(ReadOnlySpan<byte> header, out IPAddress? client, out int length)
    {
        client = null;
        var end = header[..Math.Min(header.Length, MaxLineLength)].IndexOf("\r\n"u8);
        length = end + 2;
        if (end < 0)
        {
            return header.Length < MaxLineLength ? ProxyRead.Incomplete : ProxyRead.Invalid;
        }

        var line = header[LinePrefix.Length..end];
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8))
        {
            return ProxyRead.Complete; // the rest of the line must be ignored
        }

        if (!Ascii.IsValid(line))
        {
            return ProxyRead.Invalid;
        }

        var fields = Encoding.ASCII.GetString(line).Split(' ');
        return fields is [("TCP4" or "TCP6") and var kind, var source, var destination, var sourcePort, var destinationPort]
            && TryAddress(kind, source, out client) && TryAddress(kind, destination, out _) && IsPort(sourcePort) && IsPort(destinationPort)
            ? ProxyRead.Complete
            : ProxyRead.Invalid;
    }

    private static bool TryAddress(string kind, string text, out IPAddress? address)
    {
        address = null;
        var family = kind == "TCP4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != family || !IsCanonical(text, parsed))
        {
            return false;
        }

        address = Unmapped(parsed);
        return true;
    }

    /// <summary>Rejects what only .NET takes for an address: bare numbers for IPv4, scopes and brackets for IPv6.</summary>
    private static bool IsCanonical(string text, IPAddress parsed) => parsed.AddressFamily == AddressFamily.InterNetwork
        ? text == parsed.ToString()
        : text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.');

    /// <summary>0 to 65535, without a leading zero.</summary>
    private static bool IsPort(string text) =>
        text.Length is > 0 and <= 5 && text.All(char.IsAsciiDigit) && (text[0] != '0' || text.Length == 1)
        && Utf8Parser.TryParse(Encoding.ASCII.GetBytes(text), out ushort _, out var read) && read == text.Length;

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

/// <summary>The result of reading a PROXY header.</summary>
public enum ProxyRead
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>The header was read.</summary>
    Complete,

    /// <summary>The connection does not start with a PROXY header.</summary>
    Invalid,
}
