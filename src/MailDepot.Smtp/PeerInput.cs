using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace MailDepot.Smtp;

/// <summary>What a client sends, with our patience for it.</summary>
/// <remarks>
/// One timer a connection, armed only while we wait. It and both tokens interrupt by
/// <see cref="PipeReader.CancelPendingRead"/>, so a wait costs no allocation.
/// </remarks>
internal sealed class PeerInput : IDisposable
{
    /// <summary>Reads after which other connections get their turn, though this client's octets never end: more than a small mail takes.</summary>
    private const int ReadsATurn = 16;

    private readonly PipeReader pipe;
    private readonly SmtpEndpoint endpoint;
    private readonly TimeProvider clock;
    private readonly CancellationToken abort;
    private readonly ITimer timer;
    private readonly CancellationTokenRegistration onStopping;
    private readonly CancellationTokenRegistration onAbort;
    private TimeSpan patience;
    private int reads;

    /// <param name="pipe">The connection's input.</param>
    /// <param name="endpoint">Its clock measures waits.</param>
    /// <param name="stopping">Interrupts a wait, which then returns what there is.</param>
    /// <param name="abort">Ends a wait by <see cref="OperationCanceledException"/>.</param>
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

    /// <summary>Sets how long the coming reads may wait in all.</summary>
    public void Allow(TimeSpan time) => patience = time;

    /// <summary>What has come already, without waiting.</summary>
    /// <exception cref="PeerGoneException">The connection broke.</exception>
    public bool TryRead(out ReadResult result)
    {
        try
        {
            return pipe.TryRead(out result);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw new PeerGoneException(e); // the pipe's ways to tell, as in ReadAsync
        }
    }

    /// <summary>As <see cref="PipeReader.AdvanceTo(SequencePosition, SequencePosition)"/>.</summary>
    public void AdvanceTo(SequencePosition consumed, SequencePosition examined) => pipe.AdvanceTo(consumed, examined);

    /// <summary>Waits for more than was examined; may return without more when interrupted.</summary>
    /// <exception cref="PeerSlowException">Nothing came while the patience lasted.</exception>
    /// <exception cref="PeerGoneException">The connection broke.</exception>
    public async ValueTask<ReadResult> ReadAsync(CancellationToken cancel)
    {
        abort.ThrowIfCancellationRequested();
        if (patience <= TimeSpan.Zero)
        {
            throw new PeerSlowException();
        }

        if (++reads % ReadsATurn == 0)
        {
            await YieldAsync();
        }

        var since = clock.GetTimestamp();
        ReadResult result;
        try
        {
            var reading = pipe.ReadAsync(cancel);
            if (reading.IsCompleted)
            {
                result = await reading;
            }
            else
            {
                timer.Change(patience, Timeout.InfiniteTimeSpan);
                result = await reading;
                timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                patience -= clock.GetElapsedTime(since);
            }
        }
        catch (IOException e)
        {
            throw new PeerGoneException(e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            throw new PeerGoneException(e); // Kestrel aborted the connection: ConnectionAbortedException
        }

        if (result.IsCanceled && (abort.IsCancellationRequested || patience <= TimeSpan.Zero))
        {
            pipe.AdvanceTo(result.Buffer.Start);
            abort.ThrowIfCancellationRequested();
            throw new PeerSlowException();
        }

        return result;
    }

    /// <summary>Stops the timer and lets go of the tokens; the pipe is the caller's.</summary>
    public void Dispose()
    {
        timer.Dispose();
        onStopping.Dispose();
        onAbort.Dispose();
    }

    private static void Interrupt(object? pipe) => ((PipeReader)pipe!).CancelPendingRead();
}

/// <summary>The connection ended where it must not: inside a mail, a line, or before QUIT. Nobody is left to answer.</summary>
public sealed class PeerGoneException(Exception? cause = null) : Exception("The client closed the connection.", cause);

/// <summary>The client fell silent or sends too slowly: 421 and close.</summary>
public sealed class PeerSlowException() : Exception("The client sent nothing for too long.");
