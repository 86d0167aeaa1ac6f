using System.Text.Json;
using MailDepot.Base;
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
    public const int MaxTickets = 16;

    /// <summary>Octets of a bundle's first line at most: a length has up to five digits and a comma.</summary>
    private const int LineBytes = 128;

    /// <summary>Octets of the tickets of a message together.</summary>
    public const int CapacityBytes = StorageLimits.QueueMessageBytes - StorageLimits.RescueMarkRoom - LineBytes;

    /// <summary>
    /// What a ticket takes of a message's <see cref="CapacityBytes"/>: its octets, or the same part of them that its raw mail has of
    /// <see cref="TicketPayload.SmallBytes"/>; so whoever reads all mails of a message holds no more than one of that size.
    /// </summary>
    /// <param name="ticketBytes">Octets of the ticket, with the compressed mail.</param>
    /// <param name="mailBytes">Octets of the raw mail.</param>
    public static long Weight(int ticketBytes, long mailBytes) => Math.Max(ticketBytes, mailBytes * CapacityBytes / TicketPayload.SmallBytes);

    /// <summary>Makes the message.</summary>
    public static byte[] Pack(IReadOnlyList<byte[]> tickets)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new Head(Version, [.. tickets.Select(ticket => ticket.Length)]), DepotJson.Options);
        var message = new byte[line.Length + 1 + tickets.Sum(ticket => ticket.Length)];
        line.CopyTo(message, 0);
        message[line.Length] = (byte)'\n';
        var end = line.Length + 1;
        foreach (var ticket in tickets)
        {
            ticket.CopyTo(message, end);
            end += ticket.Length;
        }

        return message;
    }

    /// <summary>The tickets of a message, in their order. What is no whole bundle is given back as it is: the reader of tickets judges it.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Unpack(ReadOnlyMemory<byte> message)
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
    public static Guid FirstId(ReadOnlyMemory<byte> message) => Ticket.IdInMessage(Unpack(message)[0].Span);

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
