using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>One client's connection: octets to <see cref="SmtpDialogue"/> and replies back (RFC 5321, pipelining by RFC 2920, chunks by RFC 3030, TLS by RFC 3207).</summary>
public sealed partial class SmtpSession : IAsyncDisposable
{
    /// <summary>Replies are flushed beyond this many octets even while commands wait, so that they can't pile up.</summary>
    private const int UnflushedReplies = 16_384;

    /// <summary>Octets read at a time from TLS: a record has up to 16 KiB (RFC 8446 §5.1).</summary>
    private const int TlsReadBytes = 65_536;

    /// <summary>Octets taken in after the last reply.</summary>
    private const long LingerBytes = 4_194_304;

    /// <summary>How long a client may take to notice the last reply.</summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    private readonly IDuplexPipe transport;
    private readonly SmtpEndpoint endpoint;
    private readonly CancellationToken stopping;
    private readonly CancellationToken abort;
    private readonly SmtpDialogue dialogue;
    private readonly MailShare share;
    private readonly SessionNotes notes;
    private PipeWriter output;
    private PeerInput input;
    private CommandLines lines;
    private SslStream? tls;
    private ChunkedMail? chunked;
    private SmtpVerb? verb;
    private int mails;

    private SmtpSession(IDuplexPipe transport, string peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        this.transport = transport;
        this.endpoint = endpoint;
        this.stopping = stopping;
        this.abort = abort;
        output = transport.Output;
        input = new PeerInput(transport.Input, endpoint.Clock, stopping, abort);
        share = new MailShare(endpoint.Memory, endpoint.Limits);
        lines = new CommandLines(endpoint.Limits);
        dialogue = new SmtpDialogue(endpoint.Policy, endpoint.Limits, new SmtpPeer(peer), endpoint.Tls is not null);
        notes = new SessionNotes(endpoint, dialogue);
    }

    /// <summary>Serves a connection to its end; a client that leaves is no error. The pipes are completed.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="peer">The client's address.</param>
    /// <param name="endpoint">What it reaches here.</param>
    /// <param name="stopping">A waiting client gets 421 and is let go; a running DATA or BDAT goes on, and 421 follows its reply.</param>
    /// <param name="abort">The grace is over: the connection ends without a reply, and nothing more is stored.</param>
    public static async Task RunAsync(
        IDuplexPipe transport, string peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        using var visit = endpoint.Door.Enter(new SmtpPeer(peer));
        await using var session = new SmtpSession(transport, peer, endpoint, stopping, abort);
        try
        {
            await session.ConverseAsync(visit.Greeting);
        }
        catch (Exception e) when (e is PeerGoneException or PeerSlowException)
        {
            // the client knows which of its mails were answered
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // as if the client were gone: what was not answered 250 is still the client's
        }
        finally
        {
            session.notes.SessionEnded();
            LogEnd(endpoint.Log, peer, session.dialogue.Helo, session.mails);
            await session.AbandonChunksAsync();
            await session.EndTlsAsync();
            await transport.Input.CompleteAsync();
            await transport.Output.CompleteAsync();
        }
    }

    /// <summary>Stops the timer.</summary>
    public async ValueTask DisposeAsync()
    {
        share.Dispose();
        input.Dispose();
        if (tls is not null)
        {
            await tls.DisposeAsync();
        }
    }

    private async Task ConverseAsync(SmtpReply reply)
    {
        try
        {
            reply.WriteTo(output);
            while (reply.Then != AfterReply.Close)
            {
                if (reply.Then == AfterReply.StartTls && !await BeginTlsAsync())
                {
                    return;
                }

                reply = reply.Then == AfterReply.ReadMail ? await ReceiveMailAsync() : await AnswerAsync();
                if (reply.Then is AfterReply.ReadChunk or AfterReply.SwallowChunk)
                {
                    reply = await ReceiveChunkAsync(reply);
                }
                else if (reply.Then == AfterReply.ReadMail && !await HoldAsync(dialogue.Size ?? long.MaxValue))
                {
                    reply = SmtpReply.NoMemory;
                }

                notes.Answered(verb, reply);
                reply.WriteTo(output);
            }
        }
        catch (PeerSlowException)
        {
            SmtpReply.TimedOut.WriteTo(output);
        }

        await FlushAsync();
        if (reply == SmtpReply.NotSmtp || reply == SmtpReply.HopelessLine)
        {
            await LingerAsync();
        }
    }

    /// <summary>
    /// Takes in for a moment what the client goes on sending: closing with unread octets would reset the connection,
    /// and our last reply would be lost with it (RFC 1122 §4.2.2.13).
    /// </summary>
    private async Task LingerAsync()
    {
        input.Allow(LingerTime);
        long octets = 0;
        while (octets < LingerBytes)
        {
            var result = await input.ReadAsync(abort);
            octets += result.Buffer.Length;
            input.AdvanceTo(result.Buffer.End, result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>The host stops, and no mail is on its way in chunks.</summary>
    private bool IsStopped => stopping.IsCancellationRequested && chunked is null;

    /// <summary>The reply to the next command; what was written is flushed before waiting for one.</summary>
    private async ValueTask<SmtpReply> AnswerAsync()
    {
        verb = null;
        if (IsStopped)
        {
            return SmtpReply.ShuttingDown;
        }

        input.Allow(endpoint.Limits.IdleTimeout);
        var result = output.UnflushedBytes < UnflushedReplies && input.TryRead(out var buffered) ? buffered : await WaitAsync();
        while (!IsStopped)
        {
            if (TryAnswer(result, out var reply))
            {
                if (chunked is not null && !dialogue.Chunking)
                {
                    await AbandonChunksAsync(); // RSET, EHLO, QUIT
                }

                return reply;
            }

            if (result.IsCompleted)
            {
                await FlushAsync(); // it may have closed its own direction only
                throw new PeerGoneException();
            }

            result = await WaitAsync();
        }

        return SmtpReply.ShuttingDown;
    }

    private bool TryAnswer(ReadResult result, out SmtpReply reply)
    {
        var buffer = result.Buffer;
        var found = lines.TryRead(ref buffer, out var line, out var refusal);
        reply = refusal ?? (found ? dialogue.Answer(line) : SmtpReply.UnknownCommand);
        verb = found && refusal is null ? dialogue.Verb : null;
        input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
        return found;
    }

    private async ValueTask<ReadResult> WaitAsync()
    {
        await FlushAsync();
        return await input.ReadAsync(abort);
    }

    /// <summary>False if there is no memory for a mail of so many octets, and was none for a while in which nothing was read.</summary>
    private async ValueTask<bool> HoldAsync(long octets)
    {
        if (share.Holds(octets))
        {
            return true;
        }

        await FlushAsync();
        return await share.HoldAsync(octets, abort);
    }

    /// <summary>Hands the mail on as it comes; the reply says who has it now.</summary>
    private async Task<SmtpReply> ReceiveMailAsync()
    {
        await FlushAsync();
        var limits = dialogue.Limits;
        var source = dialogue.TakeEnvelope();
        notes.Receiving(source);
        await using var mail = new DataReader(input, limits, share);
        SmtpReply reply;
        try
        {
            var ticket = await endpoint.Accept(source, mail, abort);
            reply = mail.IsTooLarge ? SmtpReply.TooLarge(limits) : SmtpReply.Accepted(ticket);
            mails += mail.IsTooLarge ? 0 : 1;
        }
        catch (Exception) when (mail.IsTooLarge)
        {
            reply = SmtpReply.TooLarge(limits);
        }
        catch (Exception e) when (e is not (PeerGoneException or PeerSlowException) && !abort.IsCancellationRequested)
        {
            // The edge to all that stores: failure is temporary by default, and the session goes on.
            LogNotAccepted(endpoint.Log, e, source.Peer, mail.Octets);
            reply = e is MailMemoryException ? SmtpReply.NoMemory : SmtpReply.NotAccepted;
        }

        share.Dispose();
        await mail.DrainAsync(abort);
        notes.MailEnded(mail.Octets, reply);
        return reply;
    }

    /// <summary>Hands a chunk on as it comes, or swallows it; the reply says what became of it, and after the last one of the mail.</summary>
    private async Task<SmtpReply> ReceiveChunkAsync(SmtpReply answer)
    {
        await FlushAsync();
        var (chunk, limits) = (dialogue.Chunk, dialogue.Limits);
        var sofar = (chunked?.Octets ?? 0) + Math.Min(chunk.ChunkBytes, limits.MailBytes);
        if (answer.Then == AfterReply.ReadChunk && !await HoldAsync(chunk.Last ? sofar : Math.Max(sofar, dialogue.Size ?? long.MaxValue)))
        {
            await AbandonChunksAsync();
            await CopyChunkAsync(chunk.ChunkBytes, mail: null);
            dialogue.FailChunks();
            return SmtpReply.NoMemory;
        }

        if (answer.Then == AfterReply.ReadChunk)
        {
            var envelope = dialogue.Envelope;
            notes.Receiving(envelope);
            notes.Chunk(chunk.ChunkBytes);
            chunked ??= new ChunkedMail(mail => endpoint.Accept(envelope, mail, abort));
        }

        await CopyChunkAsync(chunk.ChunkBytes, answer.Then == AfterReply.ReadChunk ? chunked : null);
        if (answer.Then == AfterReply.SwallowChunk)
        {
            return answer with { Then = AfterReply.ReadCommand };
        }

        if (chunked!.Octets > limits.MailBytes)
        {
            notes.MailEnded(chunked.Octets, SmtpReply.TooLarge(limits));
            await AbandonChunksAsync();
            dialogue.FailChunks();
            return SmtpReply.TooLarge(limits);
        }

        return chunk.Last || chunked.HasFailed ? await EndChunksAsync(chunked) : answer with { Then = AfterReply.ReadCommand };
    }

    /// <summary>The mail is whole, or who stores it has given up before.</summary>
    private async Task<SmtpReply> EndChunksAsync(ChunkedMail mail)
    {
        chunked = null;
        using var held = share;
        var peer = dialogue.Peer.Address;
        try
        {
            var ticket = await mail.EndAsync();
            dialogue.TakeEnvelope();
            mails++;
            notes.MailEnded(mail.Octets, SmtpReply.Accepted(ticket));
            return SmtpReply.Accepted(ticket);
        }
        catch (Exception e) when (!abort.IsCancellationRequested)
        {
            // The edge to all that stores: failure is temporary by default, and the session goes on.
            LogNotAccepted(endpoint.Log, e, peer, mail.Octets);
            dialogue.FailChunks();
            notes.MailEnded(mail.Octets, SmtpReply.NotAccepted);
            return SmtpReply.NotAccepted;
        }
    }

    /// <summary>Reads so many octets, whatever becomes of them: what follows is a command.</summary>
    private async Task CopyChunkAsync(long octets, ChunkedMail? mail)
    {
        var limits = dialogue.Limits;
        var credit = limits.DataBlockBytes;
        input.Allow(limits.DataBlockTimeout);
        while (octets > 0)
        {
            var result = await input.ReadAsync(abort);
            var piece = result.Buffer.Slice(0, Math.Min(octets, result.Buffer.Length));
            if (mail is not null && mail.Octets <= limits.MailBytes)
            {
                await mail.WriteAsync(piece, abort);
            }

            var (taken, end) = (piece.Length, piece.End);
            var gone = result.IsCompleted && result.Buffer.IsEmpty;
            input.AdvanceTo(end, end);
            if (gone)
            {
                throw new PeerGoneException();
            }

            octets -= taken;
            if ((credit -= (int)Math.Min(taken, limits.DataBlockBytes)) <= 0)
            {
                credit = limits.DataBlockBytes;
                input.Allow(limits.DataBlockTimeout);
            }
        }
    }

    private async Task AbandonChunksAsync()
    {
        if (chunked is { } mail)
        {
            chunked = null;
            await mail.AbandonAsync();
            share.Dispose();
        }
    }

    /// <summary>
    /// TLS from here on. What came behind STARTTLS in plain text is dropped unread: it may be another's
    /// (CVE-2011-0411). False if the handshake failed: the connection is over.
    /// </summary>
    private async Task<bool> BeginTlsAsync()
    {
        await FlushAsync();
        if (input.TryRead(out var injected))
        {
            input.AdvanceTo(injected.Buffer.End, injected.Buffer.End);
        }

        input.Dispose();
        using var patience = new CancellationTokenSource(endpoint.Limits.HandshakeTimeout, endpoint.Clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, abort);
        try
        {
            (tls, var facts) = await endpoint.Tls!.BeginAsync(transport, limit.Token);
            dialogue.Secure(facts);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            LogNoTls(endpoint.Log, e, dialogue.Peer.Address);
            return false;
        }

        output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
        input = new PeerInput(PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: TlsReadBytes, leaveOpen: true)), endpoint.Clock, stopping, abort);
        lines = new CommandLines(endpoint.Limits);
        return true;
    }

    /// <summary>Says goodbye in TLS, so that the client can tell an end from a cut; a client that is gone needs none.</summary>
    private async Task EndTlsAsync()
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

    /// <summary>Sends the replies. A client that does not take them for the idle timeout counts as gone.</summary>
    private async ValueTask FlushAsync()
    {
        FlushResult result;
        var flushing = output.FlushAsync(abort);
        if (flushing.IsCompleted)
        {
            result = await flushing;
        }
        else
        {
            await using var timer = endpoint.Clock.CreateTimer(
                static output => ((PipeWriter)output!).CancelPendingFlush(), output, endpoint.Limits.IdleTimeout, Timeout.InfiniteTimeSpan);
            result = await flushing;
        }

        if (result.IsCanceled || result.IsCompleted)
        {
            throw new PeerGoneException();
        }
    }

    [LoggerMessage(LogLevel.Warning, "SMTP: a mail of {Peer} was not stored, failing after {Octets} octets; the client will send it again.")]
    private static partial void LogNotAccepted(ILogger logger, Exception exception, string peer, long octets);

    [LoggerMessage(LogLevel.Information, "SMTP: {Peer} did not come to TLS.")]
    private static partial void LogNoTls(ILogger logger, Exception exception, string peer);

    [LoggerMessage(LogLevel.Debug, "SMTP: {Peer} ({Helo}) is gone, mails taken: {Mails}.")]
    private static partial void LogEnd(ILogger logger, string peer, string helo, int mails);
}
