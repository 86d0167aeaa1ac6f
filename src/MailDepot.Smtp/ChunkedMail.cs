using System.Buffers;
using System.IO.Pipelines;

namespace MailDepot.Smtp;

/// <summary>A mail that comes in chunks (RFC 3030): one stream for who stores it, fed between the commands.</summary>
/// <remarks>Octets wait in a pipe of 64 KiB; when it is full the client waits, too.</remarks>
internal sealed class ChunkedMail
{
    private static readonly PipeOptions Bounded = new(pauseWriterThreshold: 65_536, resumeWriterThreshold: 32_768, useSynchronizationContext: false);

    private readonly Pipe pipe = new(Bounded);
    private readonly Task<Guid> accepting;

    /// <summary>Storing begins at once.</summary>
    public ChunkedMail(Func<Stream, Task<Guid>> accept) => accepting = AcceptAsync(accept);

    /// <summary>Octets so far.</summary>
    public long Octets { get; private set; }

    /// <summary>Whoever stores it has given up, and says why at <see cref="EndAsync"/>.</summary>
    public bool HasFailed => accepting.IsCompleted;

    /// <summary>Hands octets on; those that nobody wants any more are dropped.</summary>
    public async ValueTask WriteAsync(ReadOnlySequence<byte> octets, CancellationToken cancel)
    {
        Octets += octets.Length;
        foreach (var segment in octets)
        {
            if ((await pipe.Writer.WriteAsync(segment, cancel)).IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>The last chunk is in: returns the ticket once the mail is durable, or throws what storing it threw.</summary>
    public async Task<Guid> EndAsync()
    {
        await pipe.Writer.CompleteAsync();
        return await accepting;
    }

    /// <summary>It will never be whole: nothing is stored. Returns when storing has ended.</summary>
    public async Task AbandonAsync()
    {
        await pipe.Writer.CompleteAsync(new PeerGoneException());
        await accepting.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task<Guid> AcceptAsync(Func<Stream, Task<Guid>> accept)
    {
        try
        {
            return await accept(pipe.Reader.AsStream());
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
        }
    }
}
