using System.Text.Json;
using System.Text.Json.Serialization;
using MailDepot.Base;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>One arrival: what the connector knows, stored in front of the mail. Its id becomes the receipt's.</summary>
/// <remarks>
/// One format everywhere: a line of UTF-8 JSON, LF, then the payload (gzip of the raw mail). Up to
/// <see cref="StorageLimits.QueueMessageBytes"/> it is the queue message itself; if larger, the same bytes are a blob in
/// <c>spool</c> and the message is the pointer <c>{"v":1,"spool":"name"}</c>.
/// </remarks>
/// <param name="Id">UUID version 7 from the same clock reading as <paramref name="Received"/>.</param>
/// <param name="Source">Where the mail came from.</param>
/// <param name="Received">When the mail began to arrive, UTC.</param>
/// <param name="Bytes">Size of the raw mail.</param>
/// <param name="Sha256">Of the raw mail. Nothing is added to what we archive.</param>
/// <param name="Trace">W3C <c>traceparent</c> of the connector's span, which the archiver continues.</param>
/// <param name="V">Format version.</param>
public sealed record Ticket(
    Guid Id, MailSource Source, DateTimeOffset Received, long Bytes, Digest Sha256, string? Trace = null,
    [property: JsonPropertyOrder(-1)] int V = Ticket.Version)
{
    /// <summary>The version this code writes and reads.</summary>
    public const int Version = 1;

    /// <summary>UUID version 7 (RFC 9562 §5.7).</summary>
    private const int IdVersion = 7;

    /// <summary>Longest header line that is read: 1,000 recipients of 320 bytes fit, even where JSON triples their length.</summary>
    public const int MaxLineBytes = 1024 * 1024;

    /// <summary>Name of the ticket's spool blob: <c>yyyy/MM/dd/id</c>.</summary>
    [JsonIgnore]
    public string SpoolName => NameOf(Id);

    /// <summary>What its connector needs to know of it.</summary>
    [JsonIgnore]
    public AcceptedMail Accepted => new(Id, Sha256);

    /// <summary>The header: a line of JSON with its LF.</summary>
    public byte[] Line() => [.. JsonSerializer.SerializeToUtf8Bytes(this, DepotJson.Options), (byte)'\n'];

    /// <summary>The queue message that points to this ticket's spool blob.</summary>
    public byte[] ToPointer() => PointerTo(SpoolName);

    /// <summary>The queue message that points to the spool blob of this name.</summary>
    public static byte[] PointerTo(string spoolName) =>
        JsonSerializer.SerializeToUtf8Bytes(new SpoolPointer(Version, spoolName), DepotJson.Options);

    /// <summary>Reads a header line.</summary>
    /// <exception cref="UnarchivableException">It is not a ticket.</exception>
    /// <exception cref="NewerTicketException">It is a ticket of a later version.</exception>
    public static Ticket Read(ReadOnlySpan<byte> line)
    {
        var head = ReadJson<Head>(line);
        if (head is { V: > Version })
        {
            throw new NewerTicketException(head.V);
        }

        if (ReadJson<Ticket>(line) is not { Source.IsWhole: true, V: Version } ticket || ticket.Sha256 == default)
        {
            throw NotATicket("it lacks some of v, id, source, received, bytes, sha256");
        }

        return ticket.Id.Version == IdVersion
            && TableKey.TimeOf(ticket.Id).ToUnixTimeMilliseconds() == ticket.Received.ToUnixTimeMilliseconds()
            ? ticket
            : throw NotATicket("its id does not match the time it was received");
    }

    /// <summary>The name of the spool blob if the message is a pointer; else null.</summary>
    /// <exception cref="UnarchivableException">Its JSON is unreadable, or the name is not a spool blob's.</exception>
    /// <exception cref="NewerTicketException">It is a pointer of a later version.</exception>
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

        return pointer.Spool is null || IdIn(pointer.Spool) is not null
            ? pointer.Spool
            : throw NotATicket("the name it points to is not a spool blob's");
    }

    /// <summary>The id of the ticket in a message; empty if it can't be found. Never throws.</summary>
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

    /// <summary>The id at the end of a spool blob's name; null if it is not one of our names.</summary>
    public static Guid? IdIn(string spoolName) =>
        Guid.TryParseExact(spoolName[(spoolName.LastIndexOf('/') + 1)..], "D", out var id) && spoolName == NameOf(id) ? id : null;

    private static string NameOf(Guid id) => $"{TableKey.TimeOf(id).UtcDateTime:yyyy'/'MM'/'dd}/{id:D}";

    /// <summary>The id of a ticket of a later version, if it still has the property where this version has it.</summary>
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
            throw NotATicket("its first line is not a ticket's JSON");
        }
    }

    private static UnarchivableException NotATicket(string why) => new(
        QuarantineReason.TicketUnreadable, $"A message on the queue is not a ticket: {why}.");

    private sealed record Head(int V);

    private sealed record Later(Guid? Id, string? Spool);

    private sealed record SpoolPointer(int V, string? Spool);
}
