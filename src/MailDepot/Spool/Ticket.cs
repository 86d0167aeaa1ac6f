using System.Text.Json;
using System.Text.Json.Serialization;
using MailDepot.Base;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>One arrival: what the connector knew, ahead of the mail itself. Its id becomes the receipt's.</summary>
/// <remarks>
/// One format everywhere: a line of UTF-8 JSON, LF, then the payload (gzip of the raw mail). Up to
/// <see cref="StorageLimits.QueueMessageBytes"/> it is the queue message itself; larger, the very same octets
/// are a blob in <c>spool</c> and the message is <c>{"v":1,"spool":"name"}</c>.
/// </remarks>
/// <param name="Id">UUID version 7 from the same clock reading as <paramref name="Received"/>.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Received">When it began to arrive, UTC.</param>
/// <param name="Bytes">Octets of the raw mail.</param>
/// <param name="Sha256">Of the raw mail. Nothing is added to what we archive.</param>
/// <param name="Trace">W3C <c>traceparent</c> of the connector's span, which the archiver goes on with.</param>
/// <param name="V">The format's version.</param>
public sealed record Ticket(
    Guid Id, MailSource Source, DateTimeOffset Received, long Bytes, Digest Sha256, string? Trace = null,
    [property: JsonPropertyOrder(-1)] int V = Ticket.Version)
{
    /// <summary>The version that this code writes and reads.</summary>
    public const int Version = 1;

    /// <summary>UUID version 7 (RFC 9562 §5.7).</summary>
    private const int IdVersion = 7;

    /// <summary>Octets of the longest header line that is read: 1,000 recipients of 320 octets fit, each thrice as long in JSON at worst.</summary>
    public const int MaxLineBytes = 1024 * 1024;

    /// <summary>The name of its spool blob: <c>yyyy/MM/dd/id</c>.</summary>
    [JsonIgnore]
    public string SpoolName => NameOf(Id);

    /// <summary>The header: a line of JSON with its LF.</summary>
    public byte[] Line() => [.. JsonSerializer.SerializeToUtf8Bytes(this, DepotJson.Options), (byte)'\n'];

    /// <summary>The queue message that stands for a spool blob.</summary>
    public byte[] ToPointer() => PointerTo(SpoolName);

    /// <summary>The queue message that stands for a spool blob of this name.</summary>
    public static byte[] PointerTo(string spoolName) => JsonSerializer.SerializeToUtf8Bytes(new SpoolPointer(Version, spoolName), DepotJson.Options);

    /// <summary>Reads a header line.</summary>
    /// <exception cref="UnarchivableException">It is no ticket.</exception>
    /// <exception cref="NewerTicketException">It is one of a later version.</exception>
    public static Ticket Read(ReadOnlySpan<byte> line)
    {
        var head = ReadJson<Head>(line);
        if (head is { V: > Version })
        {
            throw new NewerTicketException(head.V);
        }

        if (ReadJson<Ticket>(line) is not { Source.IsWhole: true, V: Version } ticket || ticket.Sha256 == default)
        {
            throw NotATicket("it lacks what a ticket has: v, id, source, received, bytes, sha256");
        }

        return ticket.Id.Version == IdVersion && TableKey.TimeOf(ticket.Id).ToUnixTimeMilliseconds() == ticket.Received.ToUnixTimeMilliseconds()
            ? ticket
            : throw NotATicket("its id is not made from the time at which it was received");
    }

    /// <summary>The name of the spool blob, if the message is a pointer to one.</summary>
    /// <exception cref="NewerTicketException">It is one of a later version.</exception>
    public static string? SpoolNameIn(ReadOnlySpan<byte> message)
    {
        if (message.IndexOf((byte)'\n') >= 0 || ReadJson<SpoolPointer>(message) is not { } pointer)
        {
            return null;
        }

        if (pointer.V > Version)
        {
            throw new NewerTicketException(pointer.V);
        }

        return pointer.Spool is null || IdIn(pointer.Spool) is not null ? pointer.Spool : throw NotATicket("the spool blob that it names has no name of ours");
    }

    /// <summary>The ticket's id as far as a message tells it; empty if it does not. Never fails.</summary>
    public static Guid IdInMessage(ReadOnlySpan<byte> message)
    {
        try
        {
            var end = message.IndexOf((byte)'\n');
            return SpoolNameIn(message) is { } name ? IdIn(name) ?? Guid.Empty : Read(end < 0 ? message : message[..end]).Id;
        }
        catch (NewerTicketException)
        {
            return IdOfLater(message);
        }
        catch (UnarchivableException)
        {
            return Guid.Empty;
        }
    }

    /// <summary>The id at the end of a spool blob's name; null if the name is none of ours.</summary>
    public static Guid? IdIn(string spoolName) =>
        Guid.TryParseExact(spoolName[(spoolName.LastIndexOf('/') + 1)..], "D", out var id) && spoolName == NameOf(id) ? id : null;

    private static string NameOf(Guid id) => $"{TableKey.TimeOf(id).UtcDateTime:yyyy'/'MM'/'dd}/{id:D}";

    /// <summary>Of a later version, if it still says so in the same words.</summary>
    private static Guid IdOfLater(ReadOnlySpan<byte> message)
    {
        try
        {
            var end = message.IndexOf((byte)'\n');
            var later = ReadJson<Later>(end < 0 ? message : message[..end]);
            return later?.Id ?? IdIn(later?.Spool ?? "") ?? Guid.Empty;
        }
        catch (UnarchivableException)
        {
            return Guid.Empty;
        }
    }

    private static T? ReadJson<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, DepotJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw NotATicket("its first line is not the JSON of a ticket");
        }
    }

    private static UnarchivableException NotATicket(string why) => new(
        QuarantineReason.TicketUnreadable, $"A message on the queue is no ticket: {why}.");

    private sealed record Head(int V);

    private sealed record Later(Guid? Id, string? Spool);

    private sealed record SpoolPointer(int V, string? Spool);
}
