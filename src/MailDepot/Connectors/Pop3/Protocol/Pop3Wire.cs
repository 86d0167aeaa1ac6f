using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using MailDepot.Trust;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>A connection, plain or TLS, read line by line or as a stream. A server that stays silent for too long is given up.</summary>
/// <remarks>One small buffer for input, one for output: anything larger than a line is streamed through them.</remarks>
internal sealed class Pop3Wire : IAsyncDisposable
{
    /// <summary>Bytes read at a time; a TLS record has up to 16 KiB (RFC 8446 §5.1).</summary>
    private const int InputBytes = 64 * 1024;

    /// <summary>Bytes of a line: RFC 2449 §4 allows 512, tokens and verbose servers need more.</summary>
    private const int MaxLineBytes = 16 * 1024;

    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly TimeSpan timeout;
    private readonly TimeProvider clock;
    private readonly DateTimeOffset deadline;
    private readonly CancellationToken caller;
    private readonly CancellationTokenSource silence;
    private readonly CancellationTokenSource ended;
    private readonly byte[] input = new byte[InputBytes];
    private readonly ArrayBufferWriter<byte> output = new();
    private Stream stream = Stream.Null;
    private int start;
    private int end;

    private Pop3Wire(TimeSpan timeout, TimeProvider clock, DateTimeOffset deadline, CancellationToken ct)
    {
        (this.timeout, this.clock, this.deadline, caller) = (timeout, clock, deadline, ct);
        silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        ended = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
    }

    /// <summary>Bytes received and not consumed yet; valid until the next wait.</summary>
    public ReadOnlyMemory<byte> Buffered => input.AsMemory(start..end);

    /// <summary>Redacts the server's replies. A secret must be hidden here before it is sent.</summary>
    public ReplyRedactor Redactor { get; } = new();

    /// <summary>The TLS stream; null on a plain connection.</summary>
    public SslStream? Tls => stream as SslStream;

    /// <summary>Total time spent waiting for input.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Connects.</summary>
    /// <param name="timeout">How long a read or write may make no progress.</param>
    /// <param name="deadline">Nothing is read after this time.</param>
    /// <param name="ct">Cancels every wait, including later ones.</param>
    /// <exception cref="SocketException">The host is unknown or can't be reached.</exception>
    /// <exception cref="Pop3DisconnectedException">The server accepted the connection and reset it at once.</exception>
    /// <exception cref="TimeoutException">The timeout passed; any later wait may throw it, too.</exception>
    public static async Task<Pop3Wire> ConnectAsync(
        string host, int port, TimeSpan timeout, TimeProvider clock, DateTimeOffset deadline, CancellationToken ct)
    {
        var wire = new Pop3Wire(timeout, clock, deadline, ct);
        try
        {
            await wire.WaitAsync(token => wire.socket.ConnectAsync(host, port, token).AsTask());
            wire.stream = new NetworkStream(wire.socket, ownsSocket: false);
            return wire;
        }
        catch
        {
            await wire.DisposeAsync();
            throw;
        }
    }

    /// <summary>Switches the connection to TLS.</summary>
    /// <exception cref="Pop3ProtocolException">Plain text after the reply to STLS: it may have been injected (CVE-2011-0411).</exception>
    public async Task BeginTlsAsync(SslClientAuthenticationOptions options)
    {
        if (start < end)
        {
            throw new Pop3ProtocolException("plain text after the reply to STLS");
        }

        var tls = new SslStream(stream);
        stream = tls;
        await WaitAsync(token => tls.AuthenticateAsClientAsync(options, token));
    }

    /// <summary>Queues a command for the next <see cref="FlushAsync"/>.</summary>
    public void Write(string command)
    {
        Encoding.UTF8.GetBytes(command, output);
        output.Write("\r\n"u8);
    }

    /// <summary>Sends the queued commands.</summary>
    public async Task FlushAsync()
    {
        if (output.WrittenCount > 0)
        {
            await WaitAsync(token => stream.WriteAsync(output.WrittenMemory, token).AsTask());
            output.ResetWrittenCount();
        }
    }

    /// <summary>The next line without its line ending; valid until the next wait.</summary>
    /// <exception cref="Pop3ProtocolException">The line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync()
    {
        int length;
        while ((length = input.AsSpan(start, end - start).IndexOf((byte)'\n')) < 0 && end - start <= MaxLineBytes)
        {
            await FillAsync();
        }

        if (length is < 0 or > MaxLineBytes)
        {
            throw new Pop3ProtocolException($"a line of more than {MaxLineBytes} bytes");
        }

        var line = input.AsMemory(start, length);
        start += length + 1;
        return length > 0 && line.Span[^1] == '\r' ? line[..^1] : line;
    }

    /// <summary>The next line, parsed as the first line of a reply.</summary>
    /// <exception cref="Pop3ProtocolException">It is not a reply.</exception>
    public async ValueTask<Pop3Reply> ReadReplyAsync() => Pop3Reply.Parse((await ReadLineAsync()).Span, Redactor);

    /// <summary>Marks bytes of <see cref="Buffered"/> as consumed.</summary>
    public void Advance(int bytes) => start += bytes;

    /// <summary>Waits for more input.</summary>
    /// <exception cref="Pop3DisconnectedException">The connection was closed, or the deadline has passed.</exception>
    public async ValueTask FillAsync()
    {
        if (clock.GetUtcNow() >= deadline)
        {
            throw new Pop3DisconnectedException("the time limit of a visit has passed");
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
            throw Translate(e);
        }
        finally
        {
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
            Waited += clock.GetElapsedTime(began);
        }
    }

    /// <summary>
    /// Whether a server that sent no greeting expects TLS: sent plain text, such a port answers with an alert (RFC 8446 §6) or
    /// closes the connection.
    /// </summary>
    public async Task<bool> IsTlsPortAsync(TimeSpan wait)
    {
        using var elapsed = new CancellationTokenSource(wait, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(elapsed.Token, caller);
        try
        {
            await stream.WriteAsync("QUIT\r\n"u8.ToArray(), limit.Token);
            var count = await stream.ReadAsync(input.AsMemory(), limit.Token);
            return count == 0 || input[0] is TlsAlert or TlsHandshake;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            caller.ThrowIfCancellationRequested();
            return e is IOException;
        }
    }

    /// <summary>Closes the connection; without a QUIT the server deletes nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        await stream.DisposeAsync();
        ended.Dispose();
        silence.Dispose();
    }

    /// <summary>First byte of a TLS record (RFC 8446 §5.1).</summary>
    internal const byte TlsAlert = 21, TlsHandshake = 22;

    private async Task WaitAsync(Func<CancellationToken, Task> operation)
    {
        silence.CancelAfter(timeout);
        try
        {
            await operation(ended.Token);
        }
        catch (Exception e)
        {
            throw Translate(e);
        }
        finally
        {
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Our own cancellation and timeout, and a lost connection, whatever exception a stream throws for them.</summary>
    private Exception Translate(Exception e) => e switch
    {
        _ when caller.IsCancellationRequested => new OperationCanceledException(caller),
        _ when silence.IsCancellationRequested => new TimeoutException(),
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown } =>
            new Pop3DisconnectedException(Events.Failure.Describe(e)), // a reset while we were still connecting
        IOException when stream is NetworkStream or SslStream { IsAuthenticated: true } =>
            new Pop3DisconnectedException(Events.Failure.Describe(e)),
        _ => e,
    };
}
