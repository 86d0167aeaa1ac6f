using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CsCheck;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Smtp;

/// <summary>Dot-stuffing (RFC 5321 §4.5.2), and reading a mail in pieces of any size.</summary>
public sealed class DotStuffingTests
{
    /// <summary>Significant bytes are frequent, so that every state meets every edge.</summary>
    private static readonly Gen<byte> Byte = Gen.Frequency(
        (3, Gen.OneOf((byte)'\r', (byte)'\n', (byte)'.')), (1, Gen.Byte));

    private static readonly Gen<byte[]> Mail = Byte.Array[0, 60];

    [Fact]
    public async Task Unstuffing_restores_the_mail_in_pieces_of_any_size() =>
        await Gen.Select(Mail, Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 9]).SampleAsync(
            async (mail, stuffed, sent, read) =>
            {
                var wire = Stuff(mail, stuffed);
                var (unstuffed, rest) = await UnstuffAsync([.. wire, .. "QUIT\r\n"u8], sent, read);
                var expected = mail.Length == 0 || mail.AsSpan().EndsWith("\r\n"u8) ? mail : [.. mail, .. "\r\n"u8];
                Assert.Equal(expected, unstuffed);
                Assert.Equal("QUIT\r\n", rest);
            },
            iter: 3_000);

    [Fact]
    public async Task Any_input_is_read_line_by_line_as_the_RFC_says() =>
        await Gen.Select(Mail, Gen.Int[1, 9], Gen.Int[1, 9]).SampleAsync(
            async (bytes, sent, read) =>
            {
                byte[] wire = [.. bytes, .. "\r\n.\r\n"u8];
                var (unstuffed, rest) = await UnstuffAsync(wire, sent, read);
                var (mail, behind) = LineByLine(Encoding.Latin1.GetString(wire));
                Assert.Equal(mail, Encoding.Latin1.GetString(unstuffed));
                Assert.Equal(behind, rest);
            },
            iter: 3_000);

    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    [InlineData("a\r\n.b", "a\r\n..b\r\n.\r\n")]
    [InlineData("a\n.b\r.c\r\n", "a\n.b\r.c\r\n.\r\n")]
    public void The_sender_doubles_dots_after_CRLF_only_and_adds_a_missing_CRLF(string mail, string wire)
    {
        for (var piece = 1; piece <= mail.Length + 1; piece++)
        {
            Assert.Equal(wire, Encoding.Latin1.GetString(Stuff(Encoding.Latin1.GetBytes(mail), piece)));
        }
    }

    /// <summary>A literal implementation of RFC 5321 §4.5.2.</summary>
    private static (string Mail, string Behind) LineByLine(string wire)
    {
        var mail = new StringBuilder();
        while (true)
        {
            var end = wire.IndexOf("\r\n", StringComparison.Ordinal);
            var line = wire[..end];
            wire = wire[(end + 2)..];
            if (line is ".")
            {
                return (mail.ToString(), wire);
            }

            mail.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }
    }

    private static byte[] Stuff(byte[] mail, int piece)
    {
        var wire = new ArrayBufferWriter<byte>();
        var stuffer = new DotStuffer();
        foreach (var bytes in mail.Chunk(piece))
        {
            stuffer.Write(bytes, wire);
        }

        stuffer.End(wire);
        return wire.WrittenSpan.ToArray();
    }

    /// <summary>Sends and reads in pieces; returns the mail and what follows it.</summary>
    private static async Task<(byte[] Mail, string Behind)> UnstuffAsync(byte[] wire, int sent, int read)
    {
        var ct = TestContext.Current.CancellationToken;
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 1, useSynchronizationContext: false));
        foreach (var bytes in wire.Chunk(sent))
        {
            await pipe.Writer.WriteAsync(bytes, ct);
        }

        await pipe.Writer.CompleteAsync();
        var limits = new SmtpLimits();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            limits,
            SmtpStage.ByDomain,
            (_, _, _) => throw new NotSupportedException(),
            new FakeTimeProvider(),
            NullLogger.Instance);
        using var input = new PeerInput(pipe.Reader, endpoint, CancellationToken.None, CancellationToken.None);
        await using var data = new DataReader(
            input, limits, new MemoryReservation(new MemoryBudget(limits.MemoryBytes, TimeProvider.System), limits));
        using var mail = new MemoryStream();
        var buffer = new byte[read];
        while (await data.ReadAsync(buffer, ct) is > 0 and var bytes)
        {
            await mail.WriteAsync(buffer.AsMemory(0, bytes), ct);
        }

        Assert.Equal(mail.Length, data.Bytes);
        var rest = await pipe.Reader.ReadAsync(ct);
        return (mail.ToArray(), Encoding.Latin1.GetString(rest.Buffer));
    }
}
