using System.IO.Pipelines;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>
/// Serves one client connection: commands to <see cref="SmtpDialogue"/> and replies back (RFC 5321, with pipelining RFC 2920,
/// chunks RFC 3030, TLS RFC 3207).
/// </summary>
public sealed partial class SmtpSession : IAsyncDisposable
{
    /// <summary>Bytes of replies after which they are flushed even while commands are waiting, so that they can't pile up.</summary>
    private const int UnflushedReplies = 16_384;

    private readonly SmtpEndpoint endpoint;
    private readonly CancellationToken stopping;
    private readonly CancellationToken abort;
    private readonly SmtpDialogue dialogue;
    private readonly SmtpWire wire;
    private readonly SessionLog log;
    private readonly MailReceiver receiver;
    private CommandLines lines;
    private SmtpVerb? verb;

    private SmtpSession(IDuplexPipe transport, SmtpPeer peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        this.endpoint = endpoint;
        this.stopping = stopping;
        this.abort = abort;
        wire = new SmtpWire(transport, peer.Address, endpoint, stopping, abort);
        lines = new CommandLines(endpoint.Limits);
        dialogue = new SmtpDialogue(endpoint.Policy, endpoint.Decide, endpoint.Limits, peer, endpoint.Tls is not null);
        log = new SessionLog(endpoint, dialogue);
        receiver = new MailReceiver(endpoint, dialogue, wire, log, stopping, abort);
    }

    /// <summary>Serves a connection to its end and completes its pipes. A client that disconnects is not an error.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="peer">The client.</param>
    /// <param name="endpoint">What all sessions share.</param>
    /// <param name="stopping">
    /// A waiting client gets 421 and is disconnected; a running DATA or BDAT goes on, and 421 follows its reply.
    /// </param>
    /// <param name="abort">The grace period is over: the connection ends without a reply, and nothing more is stored.</param>
    public static async Task RunAsync(
        IDuplexPipe transport, SmtpPeer peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        using var admission = endpoint.Gate.Admit(peer);
        await using var session = new SmtpSession(transport, peer, endpoint, stopping, abort);
        try
        {
            await session.ConverseAsync(admission.Greeting);
        }
        catch (Exception e) when (e is PeerDisconnectedException or PeerTimeoutException)
        {
            // the client knows which of its mails were accepted
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // as if the client had disconnected: it keeps every mail that was not answered with 250
        }
        finally
        {
            session.log.SessionEnded();
            LogEnd(endpoint.Log, peer.Address, session.dialogue.Helo, session.receiver.Mails);
            await session.receiver.AbandonChunksAsync();
            await session.wire.EndTlsAsync();
            await transport.Input.CompleteAsync();
            await transport.Output.CompleteAsync();
        }
    }

    /// <summary>Releases reserved memory, timer and TLS.</summary>
    public ValueTask DisposeAsync()
    {
        receiver.Dispose();
        return wire.DisposeAsync();
    }

    private async Task ConverseAsync(SmtpReply reply)
    {
        // A client that talks before it is greeted is not honest, and lingering would take another client's place.
        var isRejection = reply.Then == AfterReply.Close;
        try
        {
            log.Greeted(reply);
            reply.WriteTo(wire.Output);
            while (reply.Then != AfterReply.Close)
            {
                if (reply.Then == AfterReply.StartTls && !await BeginTlsAsync())
                {
                    return;
                }

                reply = reply.Then == AfterReply.ReadMail ? await receiver.ReceiveMailAsync() : await AnswerAsync();
                if (reply.Then is AfterReply.ReadChunk or AfterReply.DiscardChunk)
                {
                    reply = await receiver.ReceiveChunkAsync(reply);
                }
                else if (reply.Then == AfterReply.ReadMail && !await receiver.ReserveMemoryAsync(dialogue.Size ?? long.MaxValue))
                {
                    reply = receiver.NoMemoryReply;
                    dialogue.Abandon();
                }

                log.Answered(verb, reply);
                reply.WriteTo(wire.Output);
            }
        }
        catch (PeerTimeoutException)
        {
            log.TimedOut(verb);
            SmtpReply.TimedOut.WriteTo(wire.Output);
        }

        await wire.FlushAsync();
        if (isRejection)
        {
            wire.DropInput();
        }
        else if (reply.Then == AfterReply.Close && reply != SmtpReply.Goodbye)
        {
            await wire.LingerAsync();
        }
    }

    /// <summary>The host is stopping, and no mail in chunks is in progress.</summary>
    private bool IsStopped => stopping.IsCancellationRequested && !receiver.IsChunking;

    /// <summary>Returns the reply to the next command; flushes earlier replies before waiting for it.</summary>
    private async ValueTask<SmtpReply> AnswerAsync()
    {
        verb = null;
        if (IsStopped)
        {
            return SmtpReply.ShuttingDown;
        }

        if (!receiver.IsChunking) // between chunks only their bytes extend the timeout
        {
            wire.Input.SetTimeout(endpoint.Limits.IdleTimeout);
        }

        var unflushed = wire.Output.UnflushedBytes > 0; // a command that is already there did not wait for these replies
        var result = wire.Output.UnflushedBytes < UnflushedReplies && wire.Input.TryRead(out var buffered) ? buffered : await WaitAsync();
        while (!IsStopped)
        {
            if (TryAnswer(result, out var reply))
            {
                if (unflushed && wire.Output.UnflushedBytes > 0)
                {
                    log.Pipelined();
                }

                if (receiver.IsChunking && !dialogue.Chunking)
                {
                    await receiver.AbandonChunksAsync(); // RSET, EHLO, QUIT
                }

                return reply;
            }

            if (result.IsCompleted)
            {
                await wire.FlushAsync(); // the client may have closed only its sending side
                throw new PeerDisconnectedException();
            }

            result = await WaitAsync();
        }

        wire.Input.AdvanceTo(result.Buffer.Start, result.Buffer.Start); // ends this read, as lingering starts another
        return SmtpReply.ShuttingDown;
    }

    private bool TryAnswer(ReadResult result, out SmtpReply reply)
    {
        var buffer = result.Buffer;
        var found = lines.TryRead(ref buffer, out var line, out var refusal);
        reply = !found ? SmtpReply.UnknownCommand : refusal is null ? dialogue.Answer(line) : dialogue.Refuse(refusal);
        verb = found ? dialogue.Verb : null;
        wire.Input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
        return found;
    }

    private async ValueTask<ReadResult> WaitAsync()
    {
        await wire.FlushAsync();
        return await wire.Input.ReadAsync(abort);
    }

    /// <summary>False if the handshake failed: the connection is over.</summary>
    private async Task<bool> BeginTlsAsync()
    {
        if (await wire.BeginTlsAsync(endpoint.Tls!, log.TlsFailed) is not { } facts)
        {
            return false;
        }

        dialogue.Secure(facts);
        lines = new CommandLines(endpoint.Limits);
        return true;
    }

    [LoggerMessage(LogLevel.Debug, "SMTP: {Peer} ({Helo}) disconnected; mails accepted: {Mails}.")]
    private static partial void LogEnd(ILogger logger, string peer, string helo, int mails);
}
