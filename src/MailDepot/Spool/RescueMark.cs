using System.Text.Json;
using MailDepot.Base;

namespace MailDepot.Spool;

/// <summary>Since when a message is rescued, and how often: the property <c>rescue</c> in the JSON of its first line.</summary>
/// <remarks>
/// It is put in and taken out in place, in tickets and in pointers, also in those of later versions: every other octet
/// of the message stays as it is.
/// </remarks>
/// <param name="First">When it was rescued first, UTC.</param>
/// <param name="Number">How often, from 1.</param>
public sealed record RescueMark(DateTimeOffset First, int Number)
{
    private const byte Comma = (byte)',';

    private static readonly byte[] Name = "\"rescue\":"u8.ToArray();

    /// <summary>The mark of a message; null if it has none that can be read: then its rescue begins anew.</summary>
    /// <exception cref="UnarchivableException">The first line is not the JSON of a ticket, of whatever version.</exception>
    public static RescueMark? Read(ReadOnlySpan<byte> message)
    {
        if (Find(message) is not { Name: >= 0 } place)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<RescueMark>(message[place.Value..place.End], DepotJson.Options) is { Number: > 0 } mark ? mark : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The message with this mark instead of its own.</summary>
    /// <exception cref="UnarchivableException">The first line is not the JSON of a ticket, of whatever version.</exception>
    public byte[] AddTo(ReadOnlySpan<byte> message)
    {
        var mark = JsonSerializer.SerializeToUtf8Bytes(this, DepotJson.Options);
        var place = Find(message);
        return place.Name >= 0
            ? [.. message[..place.Value], .. mark, .. message[place.End..]]
            : [.. message[..place.Close], Comma, .. Name, .. mark, .. message[place.Close..]];
    }

    /// <summary>The message without a mark: what is released begins anew. What is no ticket is given back as it is.</summary>
    public static byte[] Strip(ReadOnlySpan<byte> message)
    {
        try
        {
            if (Find(message) is { Name: >= 0 } place)
            {
                // A ticket begins with its version (Ticket), so a comma and nothing else is before the mark.
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

    /// <summary>Offsets of the property, its value, the value's end, and the brace that closes the line's object.</summary>
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
        QuarantineReason.TicketUnreadable, "A message on the queue is no ticket: its first line is not JSON with a version.");

    private sealed record Place(int Name, int Value, int End, int Close);
}
