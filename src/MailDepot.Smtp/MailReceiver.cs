using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>Takes the mails of one session in, by DATA (RFC 5321 §4.1.1.4) or in chunks (RFC 3030 §2), and hands them on as they come.</summary>
internal sealed partial class MailReceiver(SmtpEndpoint endpoint, SmtpDialogue dialogue, SmtpWire wire, SessionLog notes, CancellationToken stopping, CancellationToken abort) : IDisposable
{
    private readonly MemoryReservation share = new(endpoint.Memory, endpoint.Limits);
    private ChunkedMail? chunked;

    /// <summary>Octets of chunks until the client has earned new patience.</summary>
    private long owed;

    /// <summary>Mails taken.</summary>
    public int Mails { get; private set; }

    /// <summary>A mail is on its way in chunks.</summary>
    public bool IsChunking => chunked is not null;

    /// <summary>The reply to a mail for which <see cref="HoldAsync"/> found no memory.</summary>
    public SmtpReply NoRoom => stopping.IsCancellationRequested && !IsChunking ? SmtpReply.ShuttingDown : SmtpReply.NoMemory;

    /// <summary>
    /// False if there is no memory for a mail of so many octets, and was none for a while in which nothing was read. A mail
    /// that has not begun waits no longer than until the host stops.
    /// </summary>
    /// <param name="octets">As many as the client says, or any number: for more than a mail may have nothing is held.</param>
    public async ValueTask<bool> HoldAsync(long octets)
    {
        octets = Math.Min(octets, dialogue.Limits.MailBytes);
        if (share.TryHold(octets))
        {
            return true;
        }

        await wire.FlushAsync(); // the client hears what came before, and waits with us
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(abort, IsChunking ? CancellationToken.None : stopping);
        try
        {
            return await share.WaitAsync(octets, limit.Token);
        }
        catch (OperationCanceledException) when (!abort.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Hands the mail on as it comes; the reply says who has it now.</summary>
    public async Task<SmtpReply> ReceiveMailAsync()
    {
        await wire.FlushAsync();
        var limits = dialogue.Limits;
        var source = dialogue.TakeEnvelope();
        await using var mail = new DataReader(wire.Input, limits, share);
        notes.Receiving(source, () => mail.Octets);
        SmtpReply reply;
        try
        {
            var ticket = await endpoint.Accept(source, mail, abort);
            reply = mail.IsTooLarge ? SmtpReply.TooLarge(limits) : SmtpReply.Accepted(ticket);
            Mails += mail.IsTooLarge ? 0 : 1;
        }
        catch (Exception) when (mail.IsTooLarge)
        {
            reply = SmtpReply.TooLarge(limits);
        }
        catch (Exception e) when (e is not (PeerGoneException or PeerSlowException) && !abort.IsCancellationRequested)
        {
            // The edge to all that stores: failure is temporary by default, and the session goes on.
            LogNotAccepted(endpoint.Log, e, source.Peer, mail.Octets);
            reply = ReplyTo(e);
        }

        share.Dispose();
        if (!await mail.DrainAsync(endpoint.Limits.HopelessMailBytes, abort))
        {
            reply = reply with { Then = AfterReply.Close };
        }

        notes.MailEnded(mail.Octets, reply);
        return reply;
    }

    /// <summary>Hands a chunk on as it comes, or swallows it; the reply says what became of it, and after the last one of the mail.</summary>
    public async Task<SmtpReply> ReceiveChunkAsync(SmtpReply answer)
    {
        await wire.FlushAsync();
        if (!IsChunking)
        {
            EarnPatience(); // for the whole mail: between its chunks no command earns more
        }

        var chunk = dialogue.Chunk;
        if (answer.Then == AfterReply.SwallowChunk)
        {
            await CopyChunkAsync(chunk.ChunkBytes, mail: null);
            return answer with { Then = AfterReply.ReadCommand };
        }

        var envelope = dialogue.Envelope;
        notes.Receiving(envelope, () => chunked?.Octets ?? 0);
        notes.Chunk(chunk.ChunkBytes);
        var before = chunked?.Octets ?? 0;
        if (await RefuseAsync(chunk, before) is { } refusal)
        {
            if (refusal.Then == AfterReply.Close)
            {
                return refusal;
            }

            if (chunk.ChunkBytes > endpoint.Limits.HopelessMailBytes - before)
            {
                await AbandonChunksAsync();
                notes.MailEnded(before, refusal);
                return refusal with { Then = AfterReply.Close };
            }

            await AbandonChunksAsync(); // gives the memory back at once: the chunk may take its time
            await CopyChunkAsync(chunk.ChunkBytes, mail: null);
            dialogue.FailChunks();
            notes.MailEnded(before + chunk.ChunkBytes, refusal);
            return refusal;
        }

        chunked ??= new ChunkedMail(mail => endpoint.Accept(envelope, mail, abort));
        await CopyChunkAsync(chunk.ChunkBytes, chunked);
        return chunk.Last || chunked.HasFailed ? await EndChunksAsync(chunked) : answer with { Then = AfterReply.ReadCommand };
    }

    /// <summary>Null if the mail can go on with this chunk, else why it can't: it would be over the limit, or there is no memory for it.</summary>
    private async ValueTask<SmtpReply?> RefuseAsync(SmtpCommand chunk, long before)
    {
        var limits = dialogue.Limits;
        if (chunk.ChunkBytes > limits.MailBytes - before)
        {
            return SmtpReply.TooLarge(limits);
        }

        var sofar = before + chunk.ChunkBytes;
        return await HoldAsync(chunk.Last ? sofar : Math.Max(sofar, dialogue.Size ?? long.MaxValue)) ? null : NoRoom;
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
            Mails++;
            notes.MailEnded(mail.Octets, SmtpReply.Accepted(ticket));
            return SmtpReply.Accepted(ticket);
        }
        catch (Exception e) when (!abort.IsCancellationRequested)
        {
            // The edge to all that stores: failure is temporary by default, and the session goes on.
            LogNotAccepted(endpoint.Log, e, peer, mail.Octets);
            dialogue.FailChunks();
            notes.MailEnded(mail.Octets, ReplyTo(e));
            return ReplyTo(e);
        }
    }

    /// <summary>The reply to a mail that could not be stored: never one for good.</summary>
    private static SmtpReply ReplyTo(Exception failure) => failure switch
    {
        MemoryBudgetExceededException => SmtpReply.NoMemory,
        StorageFullException => SmtpReply.StorageFull,
        _ => SmtpReply.NotAccepted,
    };

    /// <summary>Reads so many octets, whatever becomes of them: what follows is a command.</summary>
    private async Task CopyChunkAsync(long octets, ChunkedMail? mail)
    {
        while (octets > 0)
        {
            var result = await wire.Input.ReadAsync(abort);
            var piece = result.Buffer.Slice(0, Math.Min(octets, result.Buffer.Length));
            if (mail is not null)
            {
                await mail.WriteAsync(piece, abort);
            }

            var (taken, end) = (piece.Length, piece.End);
            var gone = result.IsCompleted && result.Buffer.IsEmpty;
            wire.Input.AdvanceTo(end, end);
            if (gone)
            {
                throw new PeerGoneException();
            }

            octets -= taken;
            owed -= taken;
            if (owed <= 0)
            {
                EarnPatience();
            }
        }
    }

    /// <summary>Each full block of chunks earns the client new patience; a few octets do not, nor does a command between them.</summary>
    private void EarnPatience()
    {
        owed = dialogue.Limits.DataBlockBytes;
        wire.Input.Allow(dialogue.Limits.DataBlockTimeout);
    }

    /// <summary>The mail in chunks will never be whole: nothing of it is stored.</summary>
    public async Task AbandonChunksAsync()
    {
        if (chunked is { } mail)
        {
            chunked = null;
            await mail.AbandonAsync();
            share.Dispose();
        }
    }

    /// <summary>Gives back what is held.</summary>
    public void Dispose() => share.Dispose();

    [LoggerMessage(LogLevel.Warning, "SMTP: a mail of {Peer} was not stored, failing after {Octets} octets; the client will send it again.")]
    private static partial void LogNotAccepted(ILogger logger, Exception exception, string peer, long octets);
}
