using System.Globalization;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Puts tickets that failed five times back on the queue, later each time: failure is temporary by default.</summary>
/// <remarks>
/// An outage poisons everything in flight within minutes, and the Functions host's poison copy lives 7 days only
/// (webjobs-sdk-extensions#891). What did not succeed within a day goes to quarantine, for a person. Repeating is
/// harmless: a ticket that is on the queue twice is archived once.
/// </remarks>
public sealed class PoisonRescue(DepotStorage storage, Quarantine quarantine, DepotEvents events, TimeProvider clock)
{
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    /// <summary>From the first rescue on.</summary>
    private static readonly TimeSpan GivesUpAfter = TimeSpan.FromHours(24);

    /// <summary>Rescues one message of the queue <c>archive-poison</c>. Returning means that it may be completed.</summary>
    /// <remarks>A bundle is taken apart: from here on each of its tickets is rescued by itself.</remarks>
    public async Task RescueAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        foreach (var ticket in TicketBundle.Unpack(message))
        {
            await RescueOneAsync(ticket, ct);
        }
    }

    /// <summary>1, 2, 4 … minutes, up to an hour.</summary>
    private static TimeSpan DelayOf(int number) => TimeSpan.FromTicks((long)Math.Min(ShortestDelay.Ticks * Math.Pow(2, number - 1), LongestDelay.Ticks));

    private async Task RescueOneAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        RescueMark? before;
        try
        {
            before = RescueMark.Read(message.Span);
        }
        catch (UnarchivableException reason)
        {
            await quarantine.PutAsync(message, null, reason, ct);
            return;
        }

        if (before is not null && now - before.First >= GivesUpAfter)
        {
            await GiveUpAsync(message, before, ct);
            return;
        }

        var mark = new RescueMark(before?.First ?? now, (before?.Number ?? 0) + 1);
        var delay = DelayOf(mark.Number);
        var marked = mark.AddTo(message.Span);

        // Our own messages have room for the mark. A full one of another version is rescued without it, hour after hour at worst.
        var body = marked.Length <= StorageLimits.QueueMessageBytes ? BinaryData.FromBytes(marked) : BinaryData.FromBytes(message);
        await storage.ArchiveQueue.SendMessageAsync(body, delay, StorageLimits.NeverExpires, ct);
        events.Write(EventKind.Waiting, Ticket.IdInMessage(message.Span), string.Create(
            CultureInfo.InvariantCulture, $"Not archived yet: it waits on the queue and is tried again in {delay.TotalMinutes:0} min (rescue {mark.Number} since {mark.First:yyyy-MM-dd HH:mm} UTC)."));
    }

    private async Task GiveUpAsync(ReadOnlyMemory<byte> message, RescueMark mark, CancellationToken ct)
    {
        var (payload, what) = await KnownAsync(message, ct);
        var sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"{what} did not succeed within {GivesUpAfter.TotalHours:0} hours: it was rescued {mark.Number} times since {mark.First:yyyy-MM-dd HH:mm} UTC. `maildepot log` tells why attempts failed; mend that and release it.");
        await quarantine.PutAsync(message, payload, new UnarchivableException(QuarantineReason.NeverSucceeded, sentence), ct);
    }

    /// <summary>What the ticket tells; of one that can't be read, why.</summary>
    private async Task<(TicketPayload? Payload, string Words)> KnownAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        try
        {
            var payload = await TicketPayload.ReadAsync(message, storage, ct);
            var ticket = payload.Ticket;
            return (payload, string.Create(
                CultureInfo.InvariantCulture, $"Ticket {ticket.Id} ({ByteSize.Format(ticket.Bytes)}, received {ticket.Received:yyyy-MM-dd HH:mm} UTC)"));
        }
        catch (Exception e) when (e is UnarchivableException or NotYetException)
        {
            return (null, $"A ticket that can't be read ({e.Message.TrimEnd('.')})");
        }
    }
}
