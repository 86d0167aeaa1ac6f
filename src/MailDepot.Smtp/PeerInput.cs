using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace MailDepot.Smtp;

/// <summary>A client's input, read with a timeout.</summary>
/// <remarks>
/// One timer per connection, armed only during a wait. The timer and both tokens interrupt through
/// <see cref="PipeReader.CancelPendingRead"/>, so a wait allocates nothing.
/// </remarks>
internal sealed class PeerInput : IDisposable
{
    /// <summary>Reads after which a client that never pauses lets other connections run: more than a small mail takes.</summary>
    private const int ReadsBeforeYield = 16;

    private readonly PipeReader pipe;
    private readonly SmtpEndpoint endpoint;
    private readonly TimeProvider clock;
    private readonly CancellationToken abort;
    private readonly ITimer timer;
    private readonly CancellationTokenRegistration onStopping;
    private readonly CancellationTokenRegistration onAbort;
    private TimeSpan remaining;
    private int reads;

    /// <param name="pipe">The connection's input.</param>
    /// <param name="endpoint">Its clock measures waits.</param>
    /// <param name="stopping">Interrupts a wait, which then returns what has arrived.</param>
    /// <param name="abort">Ends a wait with <see cref="OperationCanceledException"/>.</param>
    public PeerInput(PipeReader pipe, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        this.pipe = pipe;
        this.endpoint = endpoint;
        clock = endpoint.Clock;
        this.abort = abort;
        timer = clock.CreateTimer(Interrupt, pipe, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        onStopping = stopping.UnsafeRegister(Interrupt, pipe);
        onAbort = abort.UnsafeRegister(Interrupt, pipe);
    }

    /// <inheritdoc cref="SmtpEndpoint.YieldAsync" />
    public ConfiguredTaskAwaitable YieldAsync() => endpoint.YieldAsync();

    /// <summary>Sets how long the following reads may wait in total.</summary>
    public void SetTimeout(TimeSpan timeout) => remaining = timeout;

    /// <summary>Reads what has arrived, without waiting.</summary>
    /// <exception cref="PeerDisconnectedException">The connection broke.</exception>
    public bool TryRead(out ReadResult result)
    {
        try
        {
            return pipe.TryRead(out result);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw new PeerDisconnectedException(e); // how the pipe reports a broken connection, as in ReadAsync
        }
    }

    /// <inheritdoc cref="PipeReader.AdvanceTo(SequencePosition, SequencePosition)" />
    public void AdvanceTo(SequencePosition consumed, SequencePosition examined) => pipe.AdvanceTo(consumed, examined);

    /// <summary>Waits for more than was examined; may return without more when interrupted.</summary>
    /// <exception cref="PeerTimeoutException">Nothing arrived within the timeout.</exception>
    /// <exception cref="PeerDisconnectedException">The connection broke.</exception>
    public async ValueTask<ReadResult> ReadAsync(CancellationToken ct)
    {
        abort.ThrowIfCancellationRequested();
        if (remaining <= TimeSpan.Zero)
        {
            throw new PeerTimeoutException();
        }

        if (++reads % ReadsBeforeYield == 0)
        {
            await YieldAsync();
        }

        var since = clock.GetTimestamp();
        ReadResult result;
        try
        {
            var reading = pipe.ReadAsync(ct);
            if (reading.IsCompleted)
            {
                result = await reading;
            }
            else
            {
                timer.Change(remaining, Timeout.InfiniteTimeSpan);
                result = await reading;
                timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                remaining -= clock.GetElapsedTime(since);
            }
        }
        catch (IOException e)
        {
            throw new PeerDisconnectedException(e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            throw new PeerDisconnectedException(e); // Kestrel aborted the connection: ConnectionAbortedException
        }

        if (result.IsCanceled && (abort.IsCancellationRequested || remaining <= TimeSpan.Zero))
        {
            pipe.AdvanceTo(result.Buffer.Start);
            abort.ThrowIfCancellationRequested();
            throw new PeerTimeoutException();
        }

        return result;
    }

    /// <summary>Stops the timer and unregisters from the tokens; the pipe belongs to the caller.</summary>
    public void Dispose()
    {
        timer.Dispose();
        onStopping.Dispose();
        onAbort.Dispose();
    }

    private static void Interrupt(object? pipe) => ((PipeReader)pipe!).CancelPendingRead();
}

/// <summary>The connection ended inside a mail or a line, or before QUIT: there is nobody left to reply to.</summary>
public sealed class PeerDisconnectedException(Exception? cause = null) : Exception("The client closed the connection.", cause);

/// <summary>The client is silent or sends too slowly: 421, then the connection is closed.</summary>
public sealed class PeerTimeoutException() : Exception("The client sent nothing for too long.");
