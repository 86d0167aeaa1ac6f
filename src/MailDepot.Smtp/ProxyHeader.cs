using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MailDepot.Smtp;

/// <summary>
/// What a load balancer says of the client before the client's first octet: the PROXY protocol, versions 1 and 2 ("The
/// PROXY protocol", HAProxy, 2020). Pure.
/// </summary>
public static class ProxyHeader
{
    /// <summary>Octets of a version 1 line with its CRLF, at most (§2.1).</summary>
    private const int LongestLine = 107;

    /// <summary>Octets of version 2 before what it says of addresses (§2.2).</summary>
    private const int FixedBytes = 16;

    /// <summary>Octets behind those that we read on for: addresses of any family (216) and a few TLVs. More is nobody's honest header.</summary>
    private const int LongestAddresses = 2_048;

    // §2.2: version and command, family and transport.
    private const byte Version2Local = 0x20;
    private const byte Version2Proxy = 0x21;
    private const byte Tcp4 = 0x11;
    private const byte Tcp6 = 0x21;

    // §2.2: source and destination address, then source and destination port.
    private const int Tcp4Bytes = 12;
    private const int Tcp6Bytes = 36;

    private static readonly byte[] Signature = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];
    private static readonly byte[] Word = "PROXY "u8.ToArray();

    /// <summary>Reads the header that a connection begins with.</summary>
    /// <param name="buffer">What has come so far; after <see cref="ProxyRead.Whole"/>, what follows the header.</param>
    /// <param name="client">The client's address; null if the header tells none (LOCAL, UNKNOWN): it is the connection's own.</param>
    public static ProxyRead TryRead(ref ReadOnlySequence<byte> buffer, out IPAddress? client)
    {
        (client, var length, var read) = (null, 0, ProxyRead.Wrong);
        var start = buffer.Slice(0, Math.Min(buffer.Length, FixedBytes + LongestAddresses)).ToArray().AsSpan();
        if (Begins(start, Signature))
        {
            read = ReadBinary(start, out client, out length);
        }
        else if (Begins(start, Word))
        {
            read = ReadLine(start, out client, out length);
        }

        if (read == ProxyRead.Whole)
        {
            buffer = buffer.Slice(length);
        }
        else
        {
            client = null;
        }

        return read;
    }

    /// <summary>As far as it has come.</summary>
    private static bool Begins(ReadOnlySpan<byte> start, ReadOnlySpan<byte> with) =>
        start.Length < with.Length ? with.StartsWith(start) : start.StartsWith(with);

    /// <summary>§2.2.</summary>
    private static ProxyRead ReadBinary(ReadOnlySpan<byte> header, out IPAddress? client, out int length)
    {
        (client, length) = (null, FixedBytes);
        if (header.Length < FixedBytes)
        {
            return ProxyRead.More;
        }

        var (command, family) = (header[Signature.Length], header[Signature.Length + 1]);
        int addresses = BinaryPrimitives.ReadUInt16BigEndian(header[(Signature.Length + 2)..]);
        length = FixedBytes + addresses;
        if (command is not (Version2Local or Version2Proxy) || addresses > LongestAddresses)
        {
            return ProxyRead.Wrong;
        }

        if (header.Length < length)
        {
            return ProxyRead.More;
        }

        if (command == Version2Local)
        {
            return ProxyRead.Whole; // the proxy itself, looking whether we are well
        }

        var told = header[FixedBytes..length];
        switch (family)
        {
            case Tcp4 when told.Length >= Tcp4Bytes:
                client = new IPAddress(told[..4]);
                return ProxyRead.Whole;
            case Tcp6 when told.Length >= Tcp6Bytes:
                client = Plain(new IPAddress(told[..16]));
                return ProxyRead.Whole;
            case 0:
                return ProxyRead.Whole; // UNSPEC: as UNKNOWN
            default:
                return ProxyRead.Wrong; // SMTP comes by TCP over IP
        }
    }

    /// <summary>§2.1: <c>PROXY TCP4 192.0.2.7 192.0.2.1 50000 25</c>, single spaces, CRLF.</summary>
    private static ProxyRead ReadLine(ReadOnlySpan<byte> header, out IPAddress? client, out int length)
    {
        client = null;
        var end = header[..Math.Min(header.Length, LongestLine)].IndexOf("\r\n"u8);
        length = end + 2;
        if (end < 0)
        {
            return header.Length < LongestLine ? ProxyRead.More : ProxyRead.Wrong;
        }

        var line = header[Word.Length..end];
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8))
        {
            return ProxyRead.Whole; // what follows the word is to be ignored
        }

        if (!Ascii.IsValid(line))
        {
            return ProxyRead.Wrong;
        }

        var told = Encoding.ASCII.GetString(line).Split(' ');
        return told is [("TCP4" or "TCP6") and var kind, var source, var destination, var sourcePort, var destinationPort]
            && TryAddress(kind, source, out client) && TryAddress(kind, destination, out _) && IsPort(sourcePort) && IsPort(destinationPort)
            ? ProxyRead.Whole
            : ProxyRead.Wrong;
    }

    private static bool TryAddress(string kind, string text, out IPAddress? address)
    {
        address = null;
        var family = kind == "TCP4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != family || !IsUsual(text, parsed))
        {
            return false;
        }

        address = Plain(parsed);
        return true;
    }

    /// <summary>.NET also takes numbers for IPv4, and scopes and brackets for IPv6.</summary>
    private static bool IsUsual(string text, IPAddress parsed) =>
        parsed.AddressFamily == AddressFamily.InterNetwork ? text == parsed.ToString() : text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.');

    /// <summary>0 to 65535, without a leading zero.</summary>
    private static bool IsPort(string text) =>
        text.Length is > 0 and <= 5 && text.All(char.IsAsciiDigit) && (text[0] != '0' || text.Length == 1)
        && Utf8Parser.TryParse(Encoding.ASCII.GetBytes(text), out ushort _, out var read) && read == text.Length;

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

/// <summary>What became of reading a PROXY header.</summary>
public enum ProxyRead
{
    /// <summary>It is not whole yet.</summary>
    More,

    /// <summary>It is read.</summary>
    Whole,

    /// <summary>What came is none.</summary>
    Wrong,
}
