using System.IO.Pipelines;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>One client's connection: octets to <see cref="SmtpDialogue"/> and replies back (RFC 5321, pipelining by RFC 2920).</summary>
public sealed partial class SmtpSession : IDisposable
{
    /// <summary>Replies are flushed beyond this many octets even while commands wait, so that they can't pile up.</summary>
    private const int UnflushedReplies = 16_384;

    /// <summary>Octets taken in after the last reply.</summary>
    private const long LingerBytes = 4_194_304;

    /// <summary>How long a client may take to notice the last reply.</summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    private readonly PipeWriter output;
    private readonly string peer;
    private readonly SmtpEndpoint endpoint;
    private readonly CancellationToken stopping;
    private readonly CancellationToken abort;
    private readonly PeerInput input;
    private readonly CommandLines lines;
    private readonly SmtpDialogue dialogue;
    private int mails;

    private SmtpSession(IDuplexPipe transport, string peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        output = transport.Output;
        this.peer = peer;
        this.endpoint = endpoint;
        this.stopping = stopping;
        this.abort = abort;
        input = new PeerInput(transport.Input, endpoint.Clock, stopping, abort);
        lines = new CommandLines(endpoint.Limits);
        dialogue = new SmtpDialogue(endpoint.Policy, endpoint.Limits);
    }

    /// <summary>Serves a connection to its end; a client that leaves is no error. The pipes are completed.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="peer">The client's address.</param>
    /// <param name="endpoint">What it reaches here.</param>
    /// <param name="stopping">A waiting client gets 421 and is let go; a running DATA goes on, and 421 follows its reply.</param>
    /// <param name="abort">The grace is over: the connection ends without a reply, and nothing more is stored.</param>
    public static async Task RunAsync(
        IDuplexPipe transport, string peer, SmtpEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        using var session = new SmtpSession(transport, peer, endpoint, stopping, abort);
        try
        {
            await session.ConverseAsync();
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
            LogEnd(endpoint.Log, peer, session.dialogue.Helo, session.mails);
            await transport.Input.CompleteAsync();
            await transport.Output.CompleteAsync();
        }
    }

    /// <summary>Stops the timer.</summary>
    public void Dispose() => input.Dispose();

    private async Task ConverseAsync()
    {
        var reply = SmtpReply.Greeting(endpoint.Limits);
        try
        {
            reply.WriteTo(output);
            while (reply.Then != AfterReply.Close)
            {
                reply = reply.Then == AfterReply.ReadMail ? await ReceiveMailAsync() : await AnswerAsync();
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

    /// <summary>The reply to the next command; what was written is flushed before waiting for one.</summary>
    private async ValueTask<SmtpReply> AnswerAsync()
    {
        input.Allow(endpoint.Limits.IdleTimeout);
        var result = output.UnflushedBytes < UnflushedReplies && input.TryRead(out var buffered) ? buffered : await WaitAsync();
        while (!stopping.IsCancellationRequested)
        {
            if (TryAnswer(result, out var reply))
            {
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
        input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
        return found;
    }

    private async ValueTask<ReadResult> WaitAsync()
    {
        await FlushAsync();
        return await input.ReadAsync(abort);
    }

    /// <summary>Hands the mail on as it comes; the reply says who has it now.</summary>
    private async Task<SmtpReply> ReceiveMailAsync()
    {
        await FlushAsync();
        var source = dialogue.TakeEnvelope(peer);
        await using var mail = new DataReader(input, endpoint.Limits);
        SmtpReply reply;
        try
        {
            var ticket = await endpoint.Accept(source, mail, abort);
            reply = mail.IsTooLarge ? SmtpReply.TooLarge(endpoint.Limits) : SmtpReply.Accepted(ticket);
            mails += mail.IsTooLarge ? 0 : 1;
        }
        catch (Exception) when (mail.IsTooLarge)
        {
            reply = SmtpReply.TooLarge(endpoint.Limits);
        }
        catch (Exception e) when (e is not (PeerGoneException or PeerSlowException) && !abort.IsCancellationRequested)
        {
            // The edge to all that stores: failure is temporary by default, and the session goes on.
            LogNotAccepted(endpoint.Log, e, peer, mail.Octets);
            reply = SmtpReply.NotAccepted;
        }

        await mail.DrainAsync(abort);
        return reply;
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

    [LoggerMessage(LogLevel.Debug, "SMTP: {Peer} ({Helo}) is gone, mails taken: {Mails}.")]
    private static partial void LogEnd(ILogger logger, string peer, string helo, int mails);
}
