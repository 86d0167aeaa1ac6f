using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailDepot.Mail;
using MailDepot.Smtp;

namespace MailDepot.Host.Smtp;

/// <summary>A plain SMTP client that sends a mail byte for byte, for the demo, tests and benchmarks.</summary>
/// <remarks>
/// TLS on request, no authentication, one mail after the other. MAIL and the RCPTs go out together if the server announces
/// PIPELINING (RFC 2920); DATA waits for their replies, so a refused recipient leaves nothing behind.
/// DATA can only carry mails that end with CRLF: it is appended to a mail that lacks it.
/// </remarks>
public sealed class SmtpClient : IAsyncDisposable
{
    /// <summary>Bytes of a mail held in memory at a time.</summary>
    private const int Block = 65_536;

    /// <summary>Digits of a reply code (RFC 5321 §4.2).</summary>
    private const int CodeDigits = 3;

    // The positive replies of RFC 5321 §4.2.3.
    private const int Ready = 220;
    private const int Closing = 221;
    private const int Done = 250;
    private const int StartMail = 354;

    private Stream stream;
    private PipeReader input;
    private PipeWriter output;
    private bool pipelining;

    private SmtpClient(Socket socket)
    {
        stream = new NetworkStream(socket, ownsSocket: true);
        input = PipeReader.Create(stream);
        output = PipeWriter.Create(stream);
    }

    /// <summary>Delivers one mail on a connection of its own.</summary>
    /// <returns>The text of the server's 250: for MailDepot <c>2.0.0</c> and the ticket's id.</returns>
    /// <exception cref="SmtpRefusedException">The server refused; nothing was delivered.</exception>
    public static async Task<string> SendAsync(
        string host, int port, string from, IReadOnlyList<string> to, Stream mail, CancellationToken ct)
    {
        await using var delivery = await ConnectAsync(host, port, ct);
        var reply = await delivery.SendAsync(from, to, mail, ct);
        await delivery.QuitAsync(ct);
        return reply;
    }

    /// <summary>Connects and says EHLO.</summary>
    /// <exception cref="SmtpRefusedException">The server does not want us.</exception>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public static Task<SmtpClient> ConnectAsync(string host, int port, CancellationToken ct) =>
        ConnectAsync(host, port, default, ct);

    /// <summary>As <see cref="ConnectAsync(string, int, CancellationToken)"/>, but first sends a preamble: a proxy's header.</summary>
    public static async Task<SmtpClient> ConnectAsync(string host, int port, ReadOnlyMemory<byte> header, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, ct);
            var delivery = new SmtpClient(socket);
            await delivery.output.WriteAsync(header, ct);
            await delivery.ExpectAsync("the connection", Ready, ct);
            await delivery.GreetAsync(ct);
            return delivery;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether the server offers STARTTLS (RFC 3207) and TLS has not begun.</summary>
    public bool OffersTls { get; private set; }

    /// <summary>Begins TLS and accepts any certificate, as opportunistic senders do (RFC 7435).</summary>
    /// <param name="host">The name that the certificate should have.</param>
    /// <param name="ct">Leaves the connection in the middle of things: dispose it.</param>
    /// <returns>A description of protocol, cipher and certificate.</returns>
    /// <exception cref="SmtpRefusedException">The server refused.</exception>
    /// <exception cref="AuthenticationException">The handshake failed.</exception>
    public async Task<string> BeginTlsAsync(string host, CancellationToken ct)
    {
        await CommandAsync("STARTTLS", Ready, ct);
        var judgement = "";
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        stream = tls;
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = host,
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                    Accept(certificate, errors, host, out judgement),
            },
            ct);
        input = PipeReader.Create(tls);
        output = PipeWriter.Create(tls);
        await GreetAsync(ct);
        return $"{SmtpTls.Name(tls.SslProtocol)}, {tls.NegotiatedCipherSuite}, {judgement}";
    }

    /// <summary>Delivers the next mail.</summary>
    /// <param name="from">The reverse-path; empty for the null sender.</param>
    /// <param name="to">All must be accepted.</param>
    /// <param name="mail">Read once, to its end.</param>
    /// <param name="ct">Leaves the connection in the middle of things: dispose it.</param>
    /// <returns>The text of the server's 250.</returns>
    /// <exception cref="SmtpRefusedException">The server refused; the connection can be used for another mail.</exception>
    public async Task<string> SendAsync(string from, IReadOnlyList<string> to, Stream mail, CancellationToken ct)
    {
        await SendEnvelopeAsync(from, to, ct);
        await CommandAsync("DATA", StartMail, ct);
        var stuffer = new DotStuffer();
        var block = new byte[Block];
        while (await mail.ReadAsync(block, ct) is > 0 and var length)
        {
            stuffer.Write(block.AsSpan(0, length), output);
            await output.FlushAsync(ct);
        }

        stuffer.End(output);
        return (await ExpectAsync("the mail", Done, ct))[^1];
    }

    /// <summary>As <see cref="SendAsync(string, IReadOnlyList{string}, Stream, CancellationToken)"/>, for a mail in memory.</summary>
    public async Task<string> SendAsync(string from, IReadOnlyList<string> to, ReadOnlyMemory<byte> mail, CancellationToken ct)
    {
        await using var source = PipeReader.Create(new ReadOnlySequence<byte>(mail)).AsStream();
        return await SendAsync(from, to, source, ct);
    }

    /// <summary>Sends QUIT; the server closes the connection.</summary>
    public Task QuitAsync(CancellationToken ct) => CommandAsync("QUIT", Closing, ct);

    /// <summary>Closes the connection, whether QUIT was sent or not.</summary>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    /// <summary>Accepts any certificate, and says what is wrong with it.</summary>
    private static bool Accept(X509Certificate? certificate, SslPolicyErrors errors, string host, out string judgement)
    {
        judgement = certificate is null ? "the server shows no certificate"
            : errors is SslPolicyErrors.None ? "the certificate is trusted"
            : certificate.Subject == certificate.Issuer ? "the certificate is self-signed"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? "the certificate's issuer is not trusted here"
            : $"the certificate is not for {host}";
        return true;
    }

    private async Task GreetAsync(CancellationToken ct)
    {
        var extensions = await CommandAsync("EHLO localhost", Done, ct);
        pipelining = extensions.Contains("PIPELINING", StringComparer.OrdinalIgnoreCase);
        OffersTls = extensions.Contains("STARTTLS", StringComparer.OrdinalIgnoreCase);
    }

    private async Task SendEnvelopeAsync(string from, IReadOnlyList<string> to, CancellationToken ct)
    {
        string[] commands = [$"MAIL FROM:<{from}>", .. to.Select(recipient => $"RCPT TO:<{recipient}>")];
        foreach (var group in commands.Chunk(pipelining ? commands.Length : 1))
        {
            Array.ForEach(group, Write);
            SmtpRefusedException? refused = null;
            foreach (var command in group)
            {
                var reply = await ReadReplyAsync(ct);
                refused ??= reply.Code == Done ? null : new SmtpRefusedException(command, reply.Code, reply.Lines);
            }

            if (refused is not null)
            {
                await CommandAsync("RSET", Done, ct);
                throw refused;
            }
        }
    }

    private void Write(string command)
    {
        Encoding.ASCII.GetBytes(command, output);
        output.Write("\r\n"u8);
    }

    private Task<ImmutableArray<string>> CommandAsync(string command, int code, CancellationToken ct)
    {
        Write(command);
        return ExpectAsync(command, code, ct);
    }

    /// <summary>The lines of a reply, which must have the expected code.</summary>
    private async Task<ImmutableArray<string>> ExpectAsync(string after, int code, CancellationToken ct)
    {
        var reply = await ReadReplyAsync(ct);
        return reply.Code == code ? reply.Lines : throw new SmtpRefusedException(after, reply.Code, reply.Lines);
    }

    /// <summary>Sends what was written and reads one reply, of one line or many (RFC 5321 §4.2.1).</summary>
    private async Task<(int Code, ImmutableArray<string> Lines)> ReadReplyAsync(CancellationToken ct)
    {
        await output.FlushAsync(ct);
        var lines = ImmutableArray.CreateBuilder<string>();
        while (true)
        {
            var line = await ReadLineAsync(ct);
            if (line.Length < CodeDigits
                || !int.TryParse(line.AsSpan(0, CodeDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            {
                throw new SmtpRefusedException("a reply", 0, [line]);
            }

            lines.Add(line.Length > CodeDigits ? line[(CodeDigits + 1)..] : "");
            if (line.Length == CodeDigits || line[CodeDigits] != '-')
            {
                return (code, lines.ToImmutable());
            }
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken ct)
    {
        while (true)
        {
            var result = await input.ReadAsync(ct);
            var buffer = result.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(buffer.Slice(0, end)).TrimEnd('\r');
                input.AdvanceTo(buffer.GetPosition(1, end));
                return line;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                throw new EndOfStreamException("The SMTP server closed the connection instead of replying.");
            }
        }
    }
}

/// <summary>The server refused; the message quotes its reply.</summary>
/// <param name="after">The command that it refused.</param>
/// <param name="code">4xx: try again later; 5xx: do not; 0: it did not speak SMTP.</param>
/// <param name="words">The reply's lines without the code.</param>
public sealed class SmtpRefusedException(string after, int code, ImmutableArray<string> words)
    : Exception(FormattableString.Invariant($"The SMTP server answered {after} with {code} {string.Join(' ', words)}"))
{
    /// <summary>The message as the end of a sentence about the server: <c>it answered RCPT TO:… with 550 …</c>.</summary>
    public string Clause => FormattableString.Invariant($"it answered {after} with {code} {string.Join(' ', words)}");

    /// <summary>The reply code.</summary>
    public int Code => code;
}
