using System.Text.Json;
using MailDepot.Base;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Several tickets in one queue message: a put costs the same for one small mail as for sixteen.</summary>
/// <remarks>
/// A line of UTF-8 JSON with the tickets' lengths, LF, then the tickets back to back, each as it would be on its own:
/// <c>{"v":2,"tickets":[8211,7903]}</c>. Only <see cref="MailSpool"/> makes bundles, of inline tickets. A consumer unpacks the
/// message first, and from there on handles each ticket separately.
/// </remarks>
public static class TicketBundle
{
    /// <summary>
    /// Its own version: a reader that knows only single tickets leaves bundles on the queue (<see cref="NewerTicketException"/>).
    /// </summary>
    private const int Version = 2;

    /// <summary>Tickets per message.</summary>
    public const int MaxTickets = 16;

    /// <summary>Longest first line of a bundle: each length takes up to five digits and a comma.</summary>
    private const int LineBytes = 128;

    /// <summary>Bytes of all tickets in a message.</summary>
    public const int CapacityBytes = StorageLimits.QueueMessageBytes - StorageLimits.RescueMarkRoom - LineBytes;

    /// <summary>
    /// How much of <see cref="CapacityBytes"/> a ticket uses: its size, or, if greater, the fraction that its raw mail is of
    /// <see cref="TicketPayload.SmallBytes"/>. So all mails of a message together take no more memory than one of that size.
    /// </summary>
    /// <param name="ticketBytes">Size of the ticket with the compressed mail.</param>
    /// <param name="mailBytes">Size of the raw mail.</param>
    public static long Weight(int ticketBytes, long mailBytes) =>
        Math.Max(ticketBytes, mailBytes * CapacityBytes / TicketPayload.SmallBytes);

    /// <summary>Makes a message of these tickets.</summary>
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

    /// <summary>
    /// The tickets of a message, in order. A message that is not a complete bundle is returned as it is, for
    /// <see cref="Ticket.Read"/> to judge.
    /// </summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Unpack(ReadOnlyMemory<byte> message)
    {
        var end = message.Span.IndexOf((byte)'\n');
        if (end < 0
            || HeadOf(message.Span[..end]) is not { V: Version, Tickets: { Length: > 0 } lengths }
            || lengths.Any(length => length <= 0)
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

    /// <summary>The id of the message's first ticket (<see cref="Ticket.IdInMessage"/>); all in a bundle arrived together.</summary>
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
