using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>A connection's octets, plain or by TLS (RFC 3207), with our patience in both directions.</summary>
internal sealed partial class SmtpWire : IAsyncDisposable
{
    /// <summary>Octets read at a time from TLS: a record has up to 16 KiB (RFC 8446 §5.1).</summary>
    private const int TlsReadBytes = 65_536;

    /// <summary>Octets taken in after the last reply.</summary>
    private const long LingerBytes = 4_194_304;

    /// <summary>How long a client may take to notice the last reply.</summary>
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
    /// <param name="stopping">Interrupts a wait for the client.</param>
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

    /// <summary>Sends the replies. A client that does not take them for the idle timeout counts as gone.</summary>
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
            throw new PeerGoneException();
        }
    }

    /// <summary>
    /// Takes in for a moment what the client goes on sending: closing with unread octets would reset the connection,
    /// and our last reply would be lost with it (RFC 1122 §4.2.2.13).
    /// </summary>
    public async Task LingerAsync()
    {
        Input.Allow(LingerTime);
        long octets = 0;
        while (octets < LingerBytes)
        {
            var result = await Input.ReadAsync(abort);
            octets += result.Buffer.Length;
            Input.AdvanceTo(result.Buffer.End, result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Drops what has come already.</summary>
    public void DropInput()
    {
        if (Input.TryRead(out var unread))
        {
            Input.AdvanceTo(unread.Buffer.End, unread.Buffer.End);
        }
    }

    /// <summary>
    /// TLS from here on. What came behind STARTTLS in plain text is dropped unread: it may be another's
    /// (CVE-2011-0411). Null if the handshake failed: the connection is over.
    /// </summary>
    /// <param name="how">Our side of it.</param>
    /// <param name="failed">Hears why it failed.</param>
    public async Task<TlsFacts?> BeginTlsAsync(SmtpTls how, Action<string> failed)
    {
        using var patience = new CancellationTokenSource(endpoint.Limits.HandshakeTimeout, endpoint.Clock);
        DropInput();
        await FlushAsync(); // from here on what comes is TLS
        Input.Dispose();
        TlsFacts facts;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping, abort);
        try
        {
            await endpoint.YieldAsync(); // signing takes a millisecond, in which other connections go on
            (tls, facts) = await how.BeginAsync(transport, endpoint.OneThread, limit.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null; // there is nobody yet who would understand a 421
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            LogNoTls(endpoint.Log, e, peer);
            failed(e switch
            {
                OperationCanceledException => "none in time",
                IOException => "the client left",
                _ => e.GetBaseException().Message.Split('\n')[0].TrimEnd('.', '\r'),
            });
            return null;
        }

        Output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
        Input = new PeerInput(PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: TlsReadBytes, leaveOpen: true)), endpoint, stopping, abort);
        return facts;
    }

    /// <summary>Says goodbye in TLS, so that the client can tell an end from a cut; a client that is gone needs none.</summary>
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
            // it is gone already
        }
    }

    /// <summary>Stops the timer; the plain pipes are the caller's.</summary>
    public async ValueTask DisposeAsync()
    {
        Input.Dispose();
        if (tls is not null)
        {
            await tls.DisposeAsync();
        }
    }

    [LoggerMessage(LogLevel.Information, "SMTP: {Peer} did not come to TLS.")]
    private static partial void LogNoTls(ILogger logger, Exception exception, string peer);
}
