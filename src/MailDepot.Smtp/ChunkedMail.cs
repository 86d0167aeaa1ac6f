using System.Buffers;
using System.IO.Pipelines;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>A mail sent in chunks (RFC 3030): one stream for the store, fed as the BDAT commands arrive.</summary>
/// <remarks>Bytes are buffered in a pipe of 64 KiB; when it is full, reading from the client pauses.</remarks>
internal sealed class ChunkedMail
{
    private static readonly PipeOptions Bounded =
        new(pauseWriterThreshold: 65_536, resumeWriterThreshold: 32_768, useSynchronizationContext: false);

    private readonly Pipe pipe = new(Bounded);
    private readonly Task<AcceptedMail> accepting;

    /// <summary>Starts storing at once.</summary>
    public ChunkedMail(Func<Stream, Task<AcceptedMail>> accept) => accepting = AcceptAsync(accept);

    /// <summary>Bytes received so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The store has given up; <see cref="EndAsync"/> throws its error.</summary>
    public bool HasFailed => accepting.IsCompleted;

    /// <summary>Passes bytes to the store, or drops them if it no longer reads.</summary>
    public async ValueTask WriteAsync(ReadOnlySequence<byte> bytes, CancellationToken ct)
    {
        Bytes += bytes.Length;
        foreach (var segment in bytes)
        {
            if ((await pipe.Writer.WriteAsync(segment, ct)).IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>After the last chunk: returns once the mail is durable, or throws what the store threw.</summary>
    public async Task<AcceptedMail> EndAsync()
    {
        await pipe.Writer.CompleteAsync();
        return await accepting;
    }

    /// <summary>The mail will never be complete: nothing is stored. Returns when the store has stopped.</summary>
    public async Task AbandonAsync()
    {
        await pipe.Writer.CompleteAsync(new PeerDisconnectedException());
        await accepting.ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task<AcceptedMail> AcceptAsync(Func<Stream, Task<AcceptedMail>> accept)
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
