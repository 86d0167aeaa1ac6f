using System.Globalization;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Puts tickets that failed five times back on the queue, with growing delays: failure is temporary by default.</summary>
/// <remarks>
/// An outage poisons everything in flight within minutes, and the Functions host's poison messages expire after 7 days
/// (webjobs-sdk-extensions#891). A ticket that still fails after a day goes to quarantine, for a person. Running twice is
/// harmless: a ticket that is on the queue twice is archived once.
/// </remarks>
public sealed class PoisonRescue(DepotStorage storage, Quarantine quarantine, DepotEvents events, TimeProvider clock)
{
    private static readonly TimeSpan MinDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromHours(1);

    /// <summary>Counted from the first rescue.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    /// <summary>Rescues one message of the queue <c>archive-poison</c>. When this returns, the message may be completed.</summary>
    /// <remarks>A bundle is split: from here on each of its tickets is rescued separately.</remarks>
    public async Task RescueAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        foreach (var ticket in TicketBundle.Unpack(message))
        {
            await RescueOneAsync(ticket, ct);
        }
    }

    /// <summary>1, 2, 4 … minutes, up to an hour.</summary>
    private static TimeSpan DelayOf(int number) =>
        TimeSpan.FromTicks((long)Math.Min(MinDelay.Ticks * Math.Pow(2, number - 1), MaxDelay.Ticks));

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

        if (before is not null && now - before.First >= GiveUpAfter)
        {
            await GiveUpAsync(message, before, ct);
            return;
        }

        var mark = new RescueMark(before?.First ?? now, (before?.Number ?? 0) + 1);
        var delay = DelayOf(mark.Number);
        var marked = mark.AddTo(message.Span);

        // Our own messages have room for the mark. A full one of another version is rescued without it, at worst every hour.
        var body = marked.Length <= StorageLimits.QueueMessageBytes ? BinaryData.FromBytes(marked) : BinaryData.FromBytes(message);
        await storage.ArchiveQueue.SendMessageAsync(body, delay, StorageLimits.NeverExpires, ct);
        events.Write(EventKind.Waiting, Ticket.IdInMessage(message.Span), string.Create(
            CultureInfo.InvariantCulture,
            $"Not archived yet: back on the queue, next attempt in {delay.TotalMinutes:0} min "
            + $"(rescue {mark.Number} since {mark.First:yyyy-MM-dd HH:mm} UTC)."));
    }

    private async Task GiveUpAsync(ReadOnlyMemory<byte> message, RescueMark mark, CancellationToken ct)
    {
        var (payload, what) = await DescribeAsync(message, ct);
        var sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"{what} could not be archived within {GiveUpAfter.TotalHours:0} hours: "
            + $"it was put back on the queue {mark.Number} times since {mark.First:yyyy-MM-dd HH:mm} UTC. "
            + $"`maildepot log` shows why the attempts failed; fix the cause, then release it.");
        await quarantine.PutAsync(message, payload, new UnarchivableException(QuarantineReason.NeverSucceeded, sentence), ct);
    }

    /// <summary>The ticket and its description; if it can't be read, null and the reason.</summary>
    private async Task<(TicketPayload? Payload, string Description)> DescribeAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        try
        {
            var payload = await TicketPayload.ReadAsync(message, storage, ct);
            var ticket = payload.Ticket;
            return (payload, string.Create(
                CultureInfo.InvariantCulture,
                $"Ticket {ticket.Id} ({ByteSize.Format(ticket.Bytes)}, received {ticket.Received:yyyy-MM-dd HH:mm} UTC)"));
        }
        catch (Exception e) when (e is UnarchivableException or NotYetException)
        {
            return (null, $"An unreadable ticket ({e.Message.TrimEnd('.')})");
        }
    }
}
