using System.Text.Json;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Several tickets in one queue message, because a put costs the same for one small mail and for sixteen.</summary>
/// <remarks>
/// A line of UTF-8 JSON with the tickets' lengths, LF, then the tickets one after another, each as it would be alone:
/// <c>{"v":2,"tickets":[8211,7903]}</c>. Only <see cref="MailSpool"/> makes bundles, of inline tickets. Whoever takes a
/// message off the queue opens it first, and from there on each ticket goes its own way.
/// </remarks>
public static class TicketBundle
{
    /// <summary>A version of its own: who reads single tickets only leaves a bundle on the queue (<see cref="NewerTicketException"/>).</summary>
    private const int Version = 2;

    /// <summary>Tickets of a message at most.</summary>
    public const int MostTickets = 16;

    /// <summary>Octets of a raw mail that may share a message: so a bundle takes no more memory than one mail of <see cref="TicketPayload.SmallBytes"/>.</summary>
    public const int MostMailBytes = TicketPayload.SmallBytes / MostTickets;

    /// <summary>Octets of a bundle's first line at most: a length has up to five digits and a comma.</summary>
    private const int LineBytes = 128;

    /// <summary>Octets of the tickets of a message together.</summary>
    public const int TicketsBytes = StorageLimits.QueueMessageBytes - StorageLimits.RescueRoom - LineBytes;

    /// <summary>Makes the message.</summary>
    public static byte[] Of(IReadOnlyList<byte[]> tickets)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new Head(Version, [.. tickets.Select(ticket => ticket.Length)]), DepotJson.Options);
        return [.. line, (byte)'\n', .. tickets.SelectMany(ticket => ticket)];
    }

    /// <summary>The tickets of a message, in their order. What is no whole bundle is given back as it is: the reader of tickets judges it.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Open(ReadOnlyMemory<byte> message)
    {
        var end = message.Span.IndexOf((byte)'\n');
        if (end < 0 || HeadOf(message.Span[..end]) is not { V: Version, Tickets: { Length: > 0 } lengths } || lengths.Any(length => length <= 0)
            || lengths.Sum(length => (long)length) != message.Length - end - 1)
        {
            return [message];
        }

        var tickets = new List<ReadOnlyMemory<byte>>(lengths.Length);
        var rest = message[(end + 1)..];
        foreach (var length in lengths)
        {
            tickets.Add(rest[..length]);
            rest = rest[length..];
        }

        return tickets;
    }

    /// <summary>The id of the message's first ticket, as <see cref="Ticket.IdInMessage"/> tells it. Those of a bundle are of one moment.</summary>
    public static Guid FirstId(ReadOnlyMemory<byte> message) => Ticket.IdInMessage(Open(message)[0].Span);

    private static Head? HeadOf(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<Head>(line, DepotJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private sealed record Head(int V, int[]? Tickets);
}
