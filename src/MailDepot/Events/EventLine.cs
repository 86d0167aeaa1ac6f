using System.Collections.Frozen;
using System.Text.Json;
using MailDepot.Base;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>One event as it is kept: a line of UTF-8 JSON.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Number">The writer's count: it keeps the order of events within one reading of the clock.</param>
/// <param name="Kind">The <see cref="EventKind"/> in its word.</param>
/// <param name="Id">The ticket's id; null where a message had none.</param>
/// <param name="Text">One sentence for people, of <see cref="StorageLimits.ListTextLength"/> at most.</param>
internal sealed record EventLine(DateTimeOffset Time, uint Number, string Kind, Guid? Id, string Text)
{
    private static readonly FrozenDictionary<EventKind, string> Names = Enum.GetValues<EventKind>().ToFrozenDictionary(kind => kind, DepotJson.Word);

    private static readonly FrozenDictionary<string, EventKind> Kinds = Names.ToFrozenDictionary(word => word.Value, word => word.Key, StringComparer.Ordinal);

    /// <summary>What is kept of an event.</summary>
    public static EventLine Of(DepotEvent e, uint number) => new(e.Time, number, Names[e.Kind], e.Id == Guid.Empty ? null : e.Id, Cut(e.Text));

    /// <summary>The event that it tells. A kind of a later version reads as a step.</summary>
    public DepotEvent Event() => new(Time, Kinds.GetValueOrDefault(Kind, EventKind.Step), Id ?? Guid.Empty, Text);

    /// <summary>Its octets: one line, whatever the text has in it.</summary>
    public byte[] Write() => [.. JsonSerializer.SerializeToUtf8Bytes(this, DepotJson.Options), (byte)'\n'];

    /// <summary>The line that <see cref="Write"/> made, with or without its end.</summary>
    public static EventLine Read(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize<EventLine>(line, DepotJson.Options)!;

    /// <summary>An envelope can name a thousand recipients. A pair of surrogates is not cut through.</summary>
    private static string Cut(string text)
    {
        if (text.Length <= StorageLimits.ListTextLength)
        {
            return text;
        }

        var end = StorageLimits.ListTextLength - 1;
        return $"{text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)]}…";
    }
}
