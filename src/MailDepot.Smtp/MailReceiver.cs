using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>Receives a session's mails, by DATA (RFC 5321 §4.1.1.4) or in chunks (RFC 3030 §2), and streams them to the store.</summary>
internal sealed partial class MailReceiver(
    SmtpEndpoint endpoint, SmtpDialogue dialogue, SmtpWire wire, SessionLog log, CancellationToken stopping, CancellationToken abort)
    : IDisposable
{
    private readonly MemoryReservation memory = new(endpoint.Memory, endpoint.Limits);
    private ChunkedMail? chunked;

    /// <summary>Bytes of chunks until the timeout is extended again.</summary>
    private long blockRemaining;

    /// <summary>Mails accepted.</summary>
    public int Mails { get; private set; }

    /// <summary>A mail is being received in chunks.</summary>
    public bool IsChunking => chunked is not null;

    /// <summary>The reply when <see cref="ReserveMemoryAsync"/> returned false.</summary>
    public SmtpReply NoMemoryReply => stopping.IsCancellationRequested && !IsChunking ? SmtpReply.ShuttingDown : SmtpReply.NoMemory;

    /// <summary>
    /// Reserves memory for a mail of this size; false if none became free within <see cref="SmtpLimits.MemoryWait"/>. Nothing is
    /// read meanwhile. A mail that has not begun stops waiting when the host stops.
    /// </summary>
    /// <param name="bytes">The size the client announced, or any larger number: it is capped at <see cref="SmtpLimits.MailBytes"/>.</param>
    public async ValueTask<bool> ReserveMemoryAsync(long bytes)
    {
        bytes = Math.Min(bytes, dialogue.Limits.MailBytes);
        if (memory.TryReserve(bytes))
        {
            return true;
        }

        await wire.FlushAsync(); // the client gets the earlier replies and waits with us
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(abort, IsChunking ? CancellationToken.None : stopping);
        try
        {
            return await memory.ReserveAsync(bytes, limit.Token);
        }
        catch (OperationCanceledException) when (!abort.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Streams the mail after DATA to the store and returns the reply to it.</summary>
    public async Task<SmtpReply> ReceiveMailAsync()
    {
        await wire.FlushAsync();
        var limits = dialogue.Limits;
        var source = dialogue.TakeEnvelope();
        await using var mail = new DataReader(wire.Input, limits, memory);
        log.Receiving(source, () => mail.Bytes);
        SmtpReply reply;
        try
        {
            var (ticket, _) = await endpoint.Accept(source, mail, abort);
            reply = mail.IsTooLarge ? SmtpReply.TooLarge(limits.MailBytes) : SmtpReply.Accepted(ticket);
            Mails += mail.IsTooLarge ? 0 : 1;
        }
        catch (Exception) when (mail.IsTooLarge)
        {
            reply = SmtpReply.TooLarge(limits.MailBytes);
        }
        catch (Exception e) when (e is not (PeerDisconnectedException or PeerTimeoutException) && !abort.IsCancellationRequested)
        {
            // The store's edge: a failure is temporary by default, and the session goes on.
            LogNotAccepted(endpoint.Log, e, source.Peer, mail.Bytes);
            reply = ReplyTo(e);
        }

        memory.Dispose();
        if (!await mail.DrainAsync(endpoint.Limits.HopelessMailBytes, abort))
        {
            reply = reply with { Then = AfterReply.Close };
        }

        log.MailEnded(mail.Bytes, reply);
        return reply;
    }

    /// <summary>Streams a chunk to the store, or discards it, and returns its reply: after the last chunk, the reply to the mail.</summary>
    public async Task<SmtpReply> ReceiveChunkAsync(SmtpReply answer)
    {
        await wire.FlushAsync();
        if (!IsChunking)
        {
            ExtendTimeout(); // once a mail: commands between its chunks do not extend it
        }

        var chunk = dialogue.Chunk;
        if (answer.Then == AfterReply.DiscardChunk)
        {
            await CopyChunkAsync(chunk.ChunkBytes, mail: null);
            return answer with { Then = AfterReply.ReadCommand };
        }

        var envelope = dialogue.Envelope;
        log.Receiving(envelope, () => chunked?.Bytes ?? 0);
        log.Chunk(chunk.ChunkBytes);
        var before = chunked?.Bytes ?? 0;
        if (await RefuseAsync(chunk, before) is { } refusal)
        {
            if (refusal.Then == AfterReply.Close)
            {
                return refusal;
            }

            if (chunk.ChunkBytes > endpoint.Limits.HopelessMailBytes - before)
            {
                await AbandonChunksAsync();
                log.MailEnded(before, refusal);
                return refusal with { Then = AfterReply.Close };
            }

            await AbandonChunksAsync(); // frees the memory now: the chunk may take a while to arrive
            await CopyChunkAsync(chunk.ChunkBytes, mail: null);
            dialogue.FailChunks();
            log.MailEnded(before + chunk.ChunkBytes, refusal);
            return refusal;
        }

        chunked ??= new ChunkedMail(mail => endpoint.Accept(envelope, mail, abort));
        await CopyChunkAsync(chunk.ChunkBytes, chunked);
        return chunk.Last || chunked.HasFailed ? await EndChunksAsync(chunked) : answer with { Then = AfterReply.ReadCommand };
    }

    /// <summary>The reply to a chunk that would exceed the limit, or for which there is no memory; otherwise null.</summary>
    private async ValueTask<SmtpReply?> RefuseAsync(SmtpCommand chunk, long before)
    {
        var limits = dialogue.Limits;
        if (chunk.ChunkBytes > limits.MailBytes - before)
        {
            return SmtpReply.TooLarge(limits.MailBytes);
        }

        var total = before + chunk.ChunkBytes;
        return await ReserveMemoryAsync(chunk.Last ? total : Math.Max(total, dialogue.Size ?? long.MaxValue)) ? null : NoMemoryReply;
    }

    /// <summary>The mail is complete, or the store has given up early.</summary>
    private async Task<SmtpReply> EndChunksAsync(ChunkedMail mail)
    {
        chunked = null;
        using var reserved = memory;
        var peer = dialogue.Peer.Address;
        try
        {
            var (ticket, _) = await mail.EndAsync();
            dialogue.TakeEnvelope();
            Mails++;
            log.MailEnded(mail.Bytes, SmtpReply.Accepted(ticket));
            return SmtpReply.Accepted(ticket);
        }
        catch (Exception e) when (!abort.IsCancellationRequested)
        {
            // The store's edge: a failure is temporary by default, and the session goes on.
            LogNotAccepted(endpoint.Log, e, peer, mail.Bytes);
            dialogue.FailChunks();
            log.MailEnded(mail.Bytes, ReplyTo(e));
            return ReplyTo(e);
        }
    }

    /// <summary>The reply to a mail that could not be stored: always a temporary one.</summary>
    private static SmtpReply ReplyTo(Exception failure) => failure switch
    {
        MemoryBudgetExceededException => SmtpReply.NoMemory,
        StorageFullException => SmtpReply.StorageFull,
        _ => SmtpReply.NotAccepted,
    };

    /// <summary>Reads a chunk to its end, even if the store has stopped: what follows is a command.</summary>
    private async Task CopyChunkAsync(long bytes, ChunkedMail? mail)
    {
        while (bytes > 0)
        {
            var result = await wire.Input.ReadAsync(abort);
            var piece = result.Buffer.Slice(0, Math.Min(bytes, result.Buffer.Length));
            if (mail is not null)
            {
                await mail.WriteAsync(piece, abort);
            }

            var (taken, end) = (piece.Length, piece.End);
            var gone = result.IsCompleted && result.Buffer.IsEmpty;
            wire.Input.AdvanceTo(end, end);
            if (gone)
            {
                throw new PeerDisconnectedException();
            }

            bytes -= taken;
            blockRemaining -= taken;
            if (blockRemaining <= 0)
            {
                ExtendTimeout();
            }
        }
    }

    /// <summary>Restarts the timeout after each full block of chunks; a few bytes or a command between chunks do not count.</summary>
    private void ExtendTimeout()
    {
        blockRemaining = dialogue.Limits.DataBlockBytes;
        wire.Input.SetTimeout(dialogue.Limits.DataBlockTimeout);
    }

    /// <summary>The mail in chunks will never be complete: nothing is stored.</summary>
    public async Task AbandonChunksAsync()
    {
        if (chunked is { } mail)
        {
            chunked = null;
            await mail.AbandonAsync();
            memory.Dispose();
        }
    }

    /// <summary>Releases the reserved memory.</summary>
    public void Dispose() => memory.Dispose();

    [LoggerMessage(
        LogLevel.Warning, "SMTP: a mail from {Peer} was not stored (failed after {Bytes} bytes); the client will send it again.")]
    private static partial void LogNotAccepted(ILogger logger, Exception exception, string peer, long bytes);
}
