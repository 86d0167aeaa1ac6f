using System.Buffers;
using System.Net;
using System.Text;
using CsCheck;
using MailDepot.Smtp;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>The PROXY protocol, versions 1 and 2, from honest and dishonest upstreams.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";
    private const string V4 = "\xC0\x00\x02\x07\xC0\x00\x02\x01\xC3\x50\x00\x19";
    private const string Rest = "EHLO a\r\n";

    public static TheoryData<string, string?> Whole => new()
    {
        { "PROXY TCP4 192.0.2.7 192.0.2.1 50000 25\r\n", "192.0.2.7" },
        { "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255" },
        { "PROXY TCP6 2001:db8::7 2001:db8::1 0 25\r\n", "2001:db8::7" },
        { "PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 50000 25\r\n", "192.0.2.7" },
        {
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
        },
        { "PROXY UNKNOWN\r\n", null },
        { "PROXY UNKNOWN ffff:f...f:ffff \xFF 65535 whatever\r\n", null },
        { Signature + "\x21\x11\x00\x0C" + V4, "192.0.2.7" },
        { Signature + "\x21\x11\x00\x10" + V4 + "\x04\x00\x01x", "192.0.2.7" }, // a TLV behind
        { Signature + "\x21\x21\x00\x24\x20\x01\x0d\xb8" + new string('\0', 11) + "\x07" + new string('\x01', 20), "2001:db8::7" },
        { Signature + "\x21\x00\x00\x00", null }, // UNSPEC
        { Signature + "\x20\x00\x00\x00", null }, // LOCAL
        { Signature + "\x20\x11\x00\x0C" + V4, null }, // LOCAL, whatever it says
    };

    public static TheoryData<string> Wrong =>
    [
        "EHLO a.example\r\n",
        "proxy TCP4 192.0.2.7 192.0.2.1 50000 25\r\n",
        "PROXY\r\n",
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP5 192.0.2.7 192.0.2.1 50000 25\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 50000\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 50000 25 26\r\n",
        "PROXY TCP4  192.0.2.7 192.0.2.1 50000 25\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 50000 25 \r\n",
        "PROXY TCP4 2001:db8::7 2001:db8::1 50000 25\r\n",
        "PROXY TCP6 192.0.2.7 192.0.2.1 50000 25\r\n",
        "PROXY TCP6 fe80::1%eth0 2001:db8::1 50000 25\r\n",
        "PROXY TCP6 [2001:db8::7] 2001:db8::1 50000 25\r\n",
        "PROXY TCP4 3221225991 192.0.2.1 50000 25\r\n",
        "PROXY TCP4 192.0.2.256 192.0.2.1 50000 25\r\n",
        "PROXY TCP4 192.0.2.7 here 50000 25\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 65536 25\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 -1 25\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 050 25\r\n",
        "PROXY TCP4 192.0.2.7\0 192.0.2.1 50000 25\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 50000 25" + new string(' ', 80) + "\r\n",
        "PROXY UNKNOWN" + new string('x', 120),
        "PROXY UNKNOWNS\r\n",
        Signature[..^1] + "x",
        Signature + "\x11\x11\x00\x0C" + V4, // version 1 in binary
        Signature + "\x22\x11\x00\x0C" + V4, // no such command
        Signature + "\x21\x12\x00\x0C" + V4, // UDP
        Signature + "\x21\x31\x00\xD8" + new string('a', 216), // a UNIX socket
        Signature + "\x21\x11\x00\x0B" + V4[1..], // too short for its family
        Signature + "\x21\x21\x00\x0C" + V4,
        Signature + "\x20\x00\xFF\xFF",
    ];

    [Theory]
    [MemberData(nameof(Whole))]
    public void A_header_names_the_client_and_what_follows_is_untouched(string header, string? client)
    {
        var bytes = Bytes(header + Rest);
        for (var length = 0; length < bytes.Length; length++)
        {
            var sofar = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.Equal(length < header.Length ? ProxyRead.Incomplete : ProxyRead.Complete, ProxyHeader.TryRead(ref sofar, out _));
        }

        Pieces(bytes).Sample(pieces => AssertRead(Sequence(pieces), client), iter: 30, threads: 1);
        AssertRead(Sequence([.. bytes.Chunk(1)]), client);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void An_invalid_header_is_recognized_by_its_end_and_stays_invalid(string text)
    {
        var bytes = Bytes(text);
        var wrong = false;
        for (var length = 1; length <= bytes.Length; length++)
        {
            var sofar = new ReadOnlySequence<byte>(bytes, 0, length);
            var read = ProxyHeader.TryRead(ref sofar, out var client);
            Assert.NotEqual(ProxyRead.Complete, read);
            Assert.Null(client);
            Assert.True(!wrong || read == ProxyRead.Invalid);
            wrong = read == ProxyRead.Invalid;
        }

        Assert.True(wrong);
    }

    [Fact]
    public void For_any_input_it_never_waits_for_more_than_two_kilobytes() =>
        Gen.Byte.Array[2_100, 3_000].Select(
            Gen.Int[0, 3], (noise, kind) => (byte[])[.. Bytes(Signature + "\x21\x11")[..(kind * 14 / 3)], .. noise])
            .Sample(
                bytes =>
                {
                    var buffer = new ReadOnlySequence<byte>(bytes);
                    Assert.NotEqual(ProxyRead.Incomplete, ProxyHeader.TryRead(ref buffer, out _));
                },
                iter: 300,
                threads: 1);

    private static void AssertRead(ReadOnlySequence<byte> buffer, string? client)
    {
        Assert.Equal(ProxyRead.Complete, ProxyHeader.TryRead(ref buffer, out var told));
        Assert.Equal(client is null ? null : IPAddress.Parse(client), told);
        Assert.Equal(Rest, Encoding.ASCII.GetString(buffer));
    }

    private static ReadOnlySequence<byte> Sequence(byte[][] pieces)
    {
        var first = new Segment(default);
        var last = pieces.Aggregate(first, (before, piece) => before.Then(piece));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
