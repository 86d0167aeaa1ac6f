using System.Collections.Frozen;
using System.Text.Json;
using MailDepot.Base;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>An event as it is stored: a line of UTF-8 JSON.</summary>
/// <param name="Time">When it happened, UTC.</param>
/// <param name="Number">The writer's sequence number: keeps the order of events with the same time.</param>
/// <param name="Kind">The <see cref="EventKind"/> as text.</param>
/// <param name="Id">The ticket's id; null if a message had none.</param>
/// <param name="Text">One sentence for people, at most <see cref="StorageLimits.ListTextLength"/> characters.</param>
internal sealed record EventLine(DateTimeOffset Time, uint Number, string Kind, Guid? Id, string Text)
{
    private static readonly FrozenDictionary<EventKind, string> Names =
        Enum.GetValues<EventKind>().ToFrozenDictionary(kind => kind, DepotJson.Word);

    private static readonly FrozenDictionary<string, EventKind> Kinds =
        Names.ToFrozenDictionary(name => name.Value, name => name.Key, StringComparer.Ordinal);

    /// <summary>Makes the line of an event.</summary>
    public static EventLine Of(DepotEvent e, uint number) =>
        new(e.Time, number, Names[e.Kind], e.Id == Guid.Empty ? null : e.Id, Truncate(e.Text));

    /// <summary>The event in this line. A kind of a later version reads as a step.</summary>
    public DepotEvent Event() => new(Time, Kinds.GetValueOrDefault(Kind, EventKind.Step), Id ?? Guid.Empty, Text);

    /// <summary>The line's bytes with LF: always a single line, because JSON escapes control characters.</summary>
    public byte[] Write() => [.. JsonSerializer.SerializeToUtf8Bytes(this, DepotJson.Options), (byte)'\n'];

    /// <summary>Reads a line made by <see cref="Write"/>, with or without its LF.</summary>
    public static EventLine Read(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize<EventLine>(line, DepotJson.Options)!;

    /// <summary>An envelope can name a thousand recipients. Surrogate pairs are kept together.</summary>
    private static string Truncate(string text)
    {
        if (text.Length <= StorageLimits.ListTextLength)
        {
            return text;
        }

        var end = StorageLimits.ListTextLength - 1;
        return $"{text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)]}…";
    }
}
