using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Tickets that need a person: blobs of <c>quarantine</c>, kept as they came, with the reason in words.</summary>
/// <remarks>
/// Metadata: <c>reason</c> (a <see cref="QuarantineReason"/>) and <c>sentence</c> (percent-encoded UTF-8, because
/// metadata is ASCII). Putting the same ticket twice is harmless: the name is its id, or the hash of a message without one.
/// </remarks>
public sealed class Quarantine(DepotStorage storage, TimeProvider clock)
{
    /// <summary>Keeps a message as it was on the queue, and what it points to; then the spool blob may go.</summary>
    /// <returns>The quarantine blob's name.</returns>
    public async Task<string> PutAsync(ReadOnlyMemory<byte> message, TicketPayload? payload, UnarchivableException reason, CancellationToken ct)
    {
        var name = SpooledName(message.Span);
        var spooled = name is null ? null : storage.Spool.GetBlobClient(name);
        var place = PlaceOf(payload?.Ticket.Id ?? (name is null ? null : Ticket.IdIn(name)), message.Span);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["reason"] = reason.Reason.ToString(),
            ["sentence"] = Uri.EscapeDataString(reason.Message),
        };

        await using var copy = new StagedBlobStream(storage.Quarantine.GetBlockBlobClient(place));
        if (!await CopyAsync(spooled, copy, ct))
        {
            await copy.WriteAsync(message, ct);
        }

        await copy.CommitAsync(default, null, metadata, ct);
        await (spooled?.DeleteIfExistsAsync(cancellationToken: ct) ?? Task.CompletedTask);
        return place;
    }

    /// <summary>Whether the ticket of this id is in quarantine.</summary>
    public async Task<bool> HasAsync(Guid id, CancellationToken ct) => await storage.Quarantine.GetBlobClient(PlaceOf(id, default)).ExistsAsync(ct);

    /// <summary>Reads why a quarantine blob is there.</summary>
    public static (string Reason, string Sentence) Why(BlobProperties properties) => (
        properties.Metadata.TryGetValue("reason", out var reason) ? reason : "unknown",
        properties.Metadata.TryGetValue("sentence", out var sentence) ? Uri.UnescapeDataString(sentence) : "No reason was written.");

    /// <summary>Day of arrival and id; of a message without an id today's, and its hash.</summary>
    private string PlaceOf(Guid? id, ReadOnlySpan<byte> message)
    {
        var day = (id is { } known ? TableKey.TimeOf(known) : clock.GetUtcNow()).UtcDateTime;
        return string.Create(CultureInfo.InvariantCulture, $"{day:yyyy'/'MM'/'dd}/{id?.ToString("D") ?? Digest.Of(message).ToString()}");
    }

    private static string? SpooledName(ReadOnlySpan<byte> message)
    {
        try
        {
            return Ticket.SpoolNameIn(message);
        }
        catch (UnarchivableException)
        {
            return null;
        }
    }

    private static async Task<bool> CopyAsync(BlobClient? spooled, StagedBlobStream copy, CancellationToken ct)
    {
        if (spooled is null || !await spooled.ExistsAsync(ct))
        {
            return false;
        }

        var content = await spooled.DownloadStreamingAsync(cancellationToken: ct);
        await using var stream = content.Value.Content;
        await stream.CopyToAsync(copy, ct);
        return true;
    }
}
