using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using MailDepot.Trust;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>A connection's octets, plain or by TLS, with our timeout: a server from which nothing comes in time is given up.</summary>
/// <remarks>One buffer in, one out, both small: what is larger than a line is read through them as a stream.</remarks>
internal sealed class Pop3Wire : IAsyncDisposable
{
    /// <summary>Octets read at a time; a TLS record has up to 16 KiB (RFC 8446 §5.1).</summary>
    private const int InputBytes = 64 * 1024;

    /// <summary>Octets of a line: RFC 2449 §4 has 512, tokens and talkative servers take more.</summary>
    private const int LongestLine = 16 * 1024;

    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly TimeSpan timeout;
    private readonly TimeProvider clock;
    private readonly DateTimeOffset ends;
    private readonly CancellationToken caller;
    private readonly CancellationTokenSource silence;
    private readonly CancellationTokenSource ended;
    private readonly byte[] input = new byte[InputBytes];
    private readonly ArrayBufferWriter<byte> output = new();
    private Stream stream = Stream.Null;
    private int start;
    private int end;

    private Pop3Wire(TimeSpan timeout, TimeProvider clock, DateTimeOffset ends, CancellationToken ct)
    {
        (this.timeout, this.clock, this.ends, caller) = (timeout, clock, ends, ct);
        silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        ended = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
    }

    /// <summary>Octets that came and are not read yet; valid until the next wait.</summary>
    public ReadOnlyMemory<byte> Buffered => input.AsMemory(start..end);

    /// <summary>How what the server says is shown. Who sends a secret has it hidden here first.</summary>
    public ReplyRedactor Redactor { get; } = new();

    /// <summary>The TLS that began; null on a plain connection.</summary>
    public SslStream? Tls => stream as SslStream;

    /// <summary>Time in which we waited for octets, in all.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Connects.</summary>
    /// <param name="timeout">How long nothing may come, or go, while we wait for it.</param>
    /// <param name="ends">From then on nothing is read any more.</param>
    /// <param name="ct">Ends every wait, also later ones.</param>
    /// <exception cref="SocketException">There is no such host, or nobody answers.</exception>
    /// <exception cref="Pop3DisconnectedException">The server took the connection and reset it at once.</exception>
    /// <exception cref="TimeoutException">Nothing came in time; from any wait.</exception>
    public static async Task<Pop3Wire> ConnectAsync(string host, int port, TimeSpan timeout, TimeProvider clock, DateTimeOffset ends, CancellationToken ct)
    {
        var wire = new Pop3Wire(timeout, clock, ends, ct);
        try
        {
            await wire.WaitAsync(token => wire.socket.ConnectAsync(host, port, token).AsTask(), timeout);
            wire.stream = new NetworkStream(wire.socket, ownsSocket: false);
            return wire;
        }
        catch
        {
            await wire.DisposeAsync();
            throw;
        }
    }

    /// <summary>TLS from here on.</summary>
    /// <exception cref="Pop3ProtocolException">Octets came behind the answer to STLS in plain text: they may be another's (CVE-2011-0411).</exception>
    public async Task BeginTlsAsync(SslClientAuthenticationOptions options)
    {
        if (start < end)
        {
            throw new Pop3ProtocolException("plain text behind the answer to STLS");
        }

        var tls = new SslStream(stream);
        stream = tls;
        await WaitAsync(token => tls.AuthenticateAsClientAsync(options, token), timeout);
    }

    /// <summary>Takes a command for the next <see cref="FlushAsync"/>.</summary>
    public void Write(string command)
    {
        Encoding.UTF8.GetBytes(command, output);
        output.Write("\r\n"u8);
    }

    /// <summary>Sends what was written.</summary>
    public async Task FlushAsync()
    {
        if (output.WrittenCount > 0)
        {
            await WaitAsync(token => stream.WriteAsync(output.WrittenMemory, token).AsTask(), timeout);
            output.ResetWrittenCount();
        }
    }

    /// <summary>The next line without its end; valid until the next wait.</summary>
    /// <exception cref="Pop3ProtocolException">It is too long to be one.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync()
    {
        int length;
        while ((length = input.AsSpan(start, end - start).IndexOf((byte)'\n')) < 0 && end - start <= LongestLine)
        {
            await FillAsync();
        }

        if (length is < 0 or > LongestLine)
        {
            throw new Pop3ProtocolException($"a line of more than {LongestLine} octets");
        }

        var line = input.AsMemory(start, length);
        start += length + 1;
        return length > 0 && line.Span[^1] == '\r' ? line[..^1] : line;
    }

    /// <summary>The next line as the first of an answer.</summary>
    /// <exception cref="Pop3ProtocolException">It is none.</exception>
    public async ValueTask<Pop3Reply> ReadReplyAsync() => Pop3Reply.Parse((await ReadLineAsync()).Span, Redactor);

    /// <summary>These octets were used.</summary>
    public void Advance(int octets) => start += octets;

    /// <summary>Waits for more octets.</summary>
    /// <exception cref="Pop3DisconnectedException">There are none: the connection ended, or its time is over.</exception>
    public async ValueTask FillAsync()
    {
        if (clock.GetUtcNow() >= ends)
        {
            throw new Pop3DisconnectedException("a visit may not take longer");
        }

        if (start > 0)
        {
            input.AsSpan(start, end - start).CopyTo(input);
            (start, end) = (0, end - start);
        }

        silence.CancelAfter(timeout);
        var began = clock.GetTimestamp();
        try
        {
            var count = await stream.ReadAsync(input.AsMemory(end), ended.Token);
            end += count > 0 ? count : throw new Pop3DisconnectedException("the server closed it");
        }
        catch (Exception e)
        {
            throw Named(e);
        }
        finally
        {
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
            Waited += clock.GetElapsedTime(began);
        }
    }

    /// <summary>
    /// A server from which no greeting came gets a word in plain text: a port for TLS answers with an alert (RFC 8446 §6),
    /// or hangs up.
    /// </summary>
    public async Task<bool> IsTlsPortAsync(TimeSpan atMost)
    {
        using var asking = new CancellationTokenSource(atMost, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(asking.Token, caller);
        try
        {
            await stream.WriteAsync("QUIT\r\n"u8.ToArray(), limit.Token);
            return await stream.ReadAsync(input.AsMemory(), limit.Token) is var count && (count == 0 || input[0] is TlsAlert or TlsHandshake);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            caller.ThrowIfCancellationRequested();
            return e is IOException;
        }
    }

    /// <summary>Closes the connection; what was marked for deletion stays where it is.</summary>
    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        await stream.DisposeAsync();
        ended.Dispose();
        silence.Dispose();
    }

    /// <summary>The first octet of a TLS record (RFC 8446 §5.1).</summary>
    internal const byte TlsAlert = 21, TlsHandshake = 22;

    private async Task WaitAsync(Func<CancellationToken, Task> something, TimeSpan atMost)
    {
        silence.CancelAfter(atMost);
        try
        {
            await something(ended.Token);
        }
        catch (Exception e)
        {
            throw Named(e);
        }
        finally
        {
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A wait that was ended by us is told as what ended it.</summary>
    private Exception Named(Exception e) => e switch
    {
        _ when caller.IsCancellationRequested => new OperationCanceledException(caller),
        _ when silence.IsCancellationRequested => new TimeoutException(),
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown } => new Pop3DisconnectedException(Events.Failure.Describe(e)), // by a reset that came before our connect was through
        IOException when stream is NetworkStream or SslStream { IsAuthenticated: true } => new Pop3DisconnectedException(Events.Failure.Describe(e)),
        _ => e,
    };
}
