using System.Text.Json;
using MailDepot.Base;

namespace MailDepot.Spool;

/// <summary>When a message was first rescued, and how often: the property <c>rescue</c> in the JSON of its first line.</summary>
/// <remarks>
/// Added and removed in place, in tickets and pointers, including those of later versions: every other byte of the message
/// stays as it is.
/// </remarks>
/// <param name="First">When it was first rescued, UTC.</param>
/// <param name="Number">How many times, from 1.</param>
public sealed record RescueMark(DateTimeOffset First, int Number)
{
    private const byte Comma = (byte)',';

    private static readonly byte[] Name = "\"rescue\":"u8.ToArray();

    /// <summary>The message's mark; null if it has none, or none that can be read: then counting starts over.</summary>
    /// <exception cref="UnarchivableException">The first line is not a ticket's JSON, of any version.</exception>
    public static RescueMark? Read(ReadOnlySpan<byte> message)
    {
        if (Find(message) is not { Name: >= 0 } place)
        {
            return null;
        }

        try
        {
            var mark = JsonSerializer.Deserialize<RescueMark>(message[place.Value..place.End], DepotJson.Options);
            return mark is { Number: > 0 } ? mark : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Returns the message with this mark in place of its own.</summary>
    /// <exception cref="UnarchivableException">The first line is not a ticket's JSON, of any version.</exception>
    public byte[] AddTo(ReadOnlySpan<byte> message)
    {
        var mark = JsonSerializer.SerializeToUtf8Bytes(this, DepotJson.Options);
        var place = Find(message);
        return place.Name >= 0
            ? [.. message[..place.Value], .. mark, .. message[place.End..]]
            : [.. message[..place.Close], Comma, .. Name, .. mark, .. message[place.Close..]];
    }

    /// <summary>Returns the message without a mark, so that counting starts over; a message that is not a ticket is unchanged.</summary>
    public static byte[] Strip(ReadOnlySpan<byte> message)
    {
        try
        {
            if (Find(message) is { Name: >= 0 } place)
            {
                // A ticket starts with its version (Ticket), so only a comma can stand before the mark.
                var before = message[..place.Name].TrimEnd(" \t\r"u8);
                return [.. before.TrimEnd(Comma), .. message[place.End..]];
            }
        }
        catch (UnarchivableException)
        {
            // garbage has no mark
        }

        return message.ToArray();
    }

    /// <summary>Offsets of the property, its value, the end of the value, and the line's closing brace.</summary>
    private static Place Find(ReadOnlySpan<byte> message)
    {
        var end = message.IndexOf((byte)'\n');
        try
        {
            return Find(new Utf8JsonReader(end < 0 ? message : message[..end]));
        }
        catch (JsonException)
        {
            throw NotATicket();
        }
    }

    private static Place Find(Utf8JsonReader json)
    {
        var place = new Place(-1, -1, -1, -1);
        if (!json.Read() || json.TokenType is not JsonTokenType.StartObject)
        {
            throw NotATicket();
        }

        var version = false;
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var (start, ours) = ((int)json.TokenStartIndex, version && place.Name < 0 && json.ValueTextEquals("rescue"u8));
            var isVersion = json.ValueTextEquals("v"u8);
            json.Read();
            version |= isVersion && json.TokenType is JsonTokenType.Number;
            var value = (int)json.TokenStartIndex;
            json.Skip();
            place = ours ? place with { Name = start, Value = value, End = (int)json.BytesConsumed } : place;
        }

        place = place with { Close = (int)json.TokenStartIndex };
        json.Read(); // only white space may follow
        return version ? place : throw NotATicket();
    }

    private static UnarchivableException NotATicket() => new(
        QuarantineReason.TicketUnreadable, "A message on the queue is not a ticket: its first line is not JSON with a version.");

    private sealed record Place(int Name, int Value, int End, int Close);
}
