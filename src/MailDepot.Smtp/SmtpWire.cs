using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>A connection's byte streams, plain or TLS (RFC 3207), with timeouts in both directions.</summary>
internal sealed partial class SmtpWire : IAsyncDisposable
{
    /// <summary>Bytes read from TLS at a time; a record has up to 16 KiB (RFC 8446 §5.1).</summary>
    private const int TlsReadBytes = 65_536;

    /// <summary>Bytes read and discarded after the last reply, at most.</summary>
    private const long LingerBytes = 4_194_304;

    /// <summary>How long to wait for the client to notice the last reply.</summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    private readonly IDuplexPipe transport;
    private readonly string peer;
    private readonly SmtpEndpoint endpoint;
    private readonly CancellationToken stopping;
    private readonly CancellationToken abort;
    private SslStream? tls;

    /// <param name="transport">The connection.</param>
    /// <param name="peer">The client's address.</param>
    /// <param name="endpoint">Clock, limits and log.</param>
    /// <param name="stopping">Interrupts a wait for input.</param>
    /// <param name="abort">Ends every wait.</param>
    public SmtpWire(IDuplexPipe transport, string peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        (this.transport, this.peer, this.endpoint, this.stopping, this.abort) = (transport, peer, endpoint, stopping, abort);
        Output = transport.Output;
        Input = new PeerInput(transport.Input, endpoint, stopping, abort);
    }

    /// <summary>To the client.</summary>
    public PipeWriter Output { get; private set; }

    /// <summary>From the client.</summary>
    public PeerInput Input { get; private set; }

    /// <summary>Sends the replies. A client that does not read them within the idle timeout counts as disconnected.</summary>
    public async ValueTask FlushAsync()
    {
        FlushResult result;
        var flushing = Output.FlushAsync(abort);
        if (flushing.IsCompleted)
        {
            result = await flushing;
        }
        else
        {
            await using var timer = endpoint.Clock.CreateTimer(
                static output => ((PipeWriter)output!).CancelPendingFlush(), Output, endpoint.Limits.IdleTimeout, Timeout.InfiniteTimeSpan);
            result = await flushing;
        }

        if (result.IsCanceled || result.IsCompleted)
        {
            throw new PeerDisconnectedException();
        }
    }

    /// <summary>
    /// Reads and discards what the client is still sending, for a moment: closing with unread bytes would reset the connection,
    /// and the client could lose our last reply (RFC 1122 §4.2.2.13).
    /// </summary>
    public async Task LingerAsync()
    {
        Input.SetTimeout(LingerTime);
        long bytes = 0;
        while (bytes < LingerBytes)
        {
            var result = await Input.ReadAsync(abort);
            bytes += result.Buffer.Length;
            Input.AdvanceTo(result.Buffer.End, result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Drops input that has arrived.</summary>
    public void DropInput()
    {
        if (Input.TryRead(out var unread))
        {
            Input.AdvanceTo(unread.Buffer.End, unread.Buffer.End);
        }
    }

    /// <summary>
    /// Switches to TLS. Plain text after STARTTLS is dropped unread: an attacker may have injected it (CVE-2011-0411). Null if the
    /// handshake failed: the connection is over.
    /// </summary>
    /// <param name="how">Performs the handshake.</param>
    /// <param name="failed">Gets the reason for a failure.</param>
    public async Task<TlsFacts?> BeginTlsAsync(SmtpTls how, Action<string> failed)
    {
        using var timeout = new CancellationTokenSource(endpoint.Limits.HandshakeTimeout, endpoint.Clock);
        DropInput();
        await FlushAsync(); // what follows is TLS
        Input.Dispose();
        TlsFacts facts;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping, abort);
        try
        {
            await endpoint.YieldAsync(); // signing takes a millisecond, during which other connections can run
            (tls, facts) = await how.BeginAsync(transport, endpoint.OneThread, limit.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null; // in the middle of a handshake nobody would understand a 421
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            LogTlsFailed(endpoint.Log, e, peer);
            failed(e switch
            {
                OperationCanceledException => "timed out",
                IOException => "the client disconnected",
                _ => e.GetBaseException().Message.Split('\n')[0].TrimEnd('.', '\r'),
            });
            return null;
        }

        Output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
        var reader = PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: TlsReadBytes, leaveOpen: true));
        Input = new PeerInput(reader, endpoint, stopping, abort);
        return facts;
    }

    /// <summary>Sends TLS close_notify, so that the client can tell an orderly end from a truncation.</summary>
    public async Task EndTlsAsync()
    {
        if (tls is null)
        {
            return;
        }

        try
        {
            await tls.ShutdownAsync().WaitAsync(LingerTime, endpoint.Clock, abort);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException or TimeoutException)
        {
            // the client has disconnected already
        }
    }

    /// <summary>Stops the timer and ends TLS; the plain pipes belong to the caller.</summary>
    public async ValueTask DisposeAsync()
    {
        Input.Dispose();
        if (tls is not null)
        {
            await tls.DisposeAsync();
        }
    }

    [LoggerMessage(LogLevel.Information, "SMTP: the TLS handshake with {Peer} failed.")]
    private static partial void LogTlsFailed(ILogger logger, Exception exception, string peer);
}
