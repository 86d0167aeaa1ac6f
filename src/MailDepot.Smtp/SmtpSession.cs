using System.IO.Pipelines;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>One client's connection: octets to <see cref="SmtpDialogue"/> and replies back (RFC 5321, pipelining by RFC 2920, chunks by RFC 3030, TLS by RFC 3207).</summary>
public sealed partial class SmtpSession : IAsyncDisposable
{
    /// <summary>Replies are flushed beyond this many octets even while commands wait, so that they can't pile up.</summary>
    private const int UnflushedReplies = 16_384;

    private readonly SmtpEndpoint endpoint;
    private readonly CancellationToken stopping;
    private readonly CancellationToken abort;
    private readonly SmtpDialogue dialogue;
    private readonly SmtpWire wire;
    private readonly SessionLog notes;
    private readonly MailReceiver intake;
    private CommandLines lines;
    private SmtpVerb? verb;

    private SmtpSession(IDuplexPipe transport, SmtpPeer peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        this.endpoint = endpoint;
        this.stopping = stopping;
        this.abort = abort;
        wire = new SmtpWire(transport, peer.Address, endpoint, stopping, abort);
        lines = new CommandLines(endpoint.Limits);
        dialogue = new SmtpDialogue(endpoint.Policy, endpoint.Limits, peer, endpoint.Tls is not null);
        notes = new SessionLog(endpoint, dialogue);
        intake = new MailReceiver(endpoint, dialogue, wire, notes, stopping, abort);
    }

    /// <summary>Serves a connection to its end; a client that leaves is no error. The pipes are completed.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="peer">The client.</param>
    /// <param name="endpoint">What it reaches here.</param>
    /// <param name="stopping">A waiting client gets 421 and is let go; a running DATA or BDAT goes on, and 421 follows its reply.</param>
    /// <param name="abort">The grace is over: the connection ends without a reply, and nothing more is stored.</param>
    public static async Task RunAsync(
        IDuplexPipe transport, SmtpPeer peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        using var visit = endpoint.Door.Enter(peer);
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
            LogEnd(endpoint.Log, peer.Address, session.dialogue.Helo, session.intake.Mails);
            await session.intake.AbandonChunksAsync();
            await session.wire.EndTlsAsync();
            await transport.Input.CompleteAsync();
            await transport.Output.CompleteAsync();
        }
    }

    /// <summary>Gives back what it holds.</summary>
    public ValueTask DisposeAsync()
    {
        intake.Dispose();
        return wire.DisposeAsync();
    }

    private async Task ConverseAsync(SmtpReply reply)
    {
        var isGreeting = reply.Then == AfterReply.Close; // who talks before it is no honest client, and one more that lingers takes another's place
        try
        {
            notes.Greeted(reply);
            reply.WriteTo(wire.Output);
            while (reply.Then != AfterReply.Close)
            {
                if (reply.Then == AfterReply.StartTls && !await BeginTlsAsync())
                {
                    return;
                }

                reply = reply.Then == AfterReply.ReadMail ? await intake.ReceiveMailAsync() : await AnswerAsync();
                if (reply.Then is AfterReply.ReadChunk or AfterReply.SwallowChunk)
                {
                    reply = await intake.ReceiveChunkAsync(reply);
                }
                else if (reply.Then == AfterReply.ReadMail && !await intake.HoldAsync(dialogue.Size ?? long.MaxValue))
                {
                    reply = intake.NoRoom;
                    dialogue.Abandon();
                }

                notes.Answered(verb, reply);
                reply.WriteTo(wire.Output);
            }
        }
        catch (PeerSlowException)
        {
            notes.TimedOut(verb);
            SmtpReply.TimedOut.WriteTo(wire.Output);
        }

        await wire.FlushAsync();
        if (isGreeting)
        {
            wire.DropInput();
        }
        else if (reply.Then == AfterReply.Close && reply != SmtpReply.Goodbye)
        {
            await wire.LingerAsync();
        }
    }

    /// <summary>The host stops, and no mail is on its way in chunks.</summary>
    private bool IsStopped => stopping.IsCancellationRequested && !intake.IsChunking;

    /// <summary>The reply to the next command; what was written is flushed before waiting for one.</summary>
    private async ValueTask<SmtpReply> AnswerAsync()
    {
        verb = null;
        if (IsStopped)
        {
            return SmtpReply.ShuttingDown;
        }

        if (!intake.IsChunking) // else only its octets earn patience
        {
            wire.Input.Allow(endpoint.Limits.IdleTimeout);
        }

        var ahead = wire.Output.UnflushedBytes > 0; // a command that is there already did not wait for these replies
        var result = wire.Output.UnflushedBytes < UnflushedReplies && wire.Input.TryRead(out var buffered) ? buffered : await WaitAsync();
        while (!IsStopped)
        {
            if (TryAnswer(result, out var reply))
            {
                if (ahead && wire.Output.UnflushedBytes > 0)
                {
                    notes.SentAhead();
                }

                if (intake.IsChunking && !dialogue.Chunking)
                {
                    await intake.AbandonChunksAsync(); // RSET, EHLO, QUIT
                }

                return reply;
            }

            if (result.IsCompleted)
            {
                await wire.FlushAsync(); // it may have closed its own direction only
                throw new PeerGoneException();
            }

            result = await WaitAsync();
        }

        wire.Input.AdvanceTo(result.Buffer.Start, result.Buffer.Start); // a read ends before the next one: the client is lingered with
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

    /// <summary>False if the client did not come to TLS: the connection is over.</summary>
    private async Task<bool> BeginTlsAsync()
    {
        if (await wire.BeginTlsAsync(endpoint.Tls!, notes.NoTls) is not { } facts)
        {
            return false;
        }

        dialogue.Secure(facts);
        lines = new CommandLines(endpoint.Limits);
        return true;
    }

    [LoggerMessage(LogLevel.Debug, "SMTP: {Peer} ({Helo}) is gone, mails taken: {Mails}.")]
    private static partial void LogEnd(ILogger logger, string peer, string helo, int mails);
}
