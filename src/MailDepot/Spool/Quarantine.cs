using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Base;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Takes in tickets that need a person: blobs of <c>quarantine</c>, kept as they came, with the reason in words.</summary>
/// <remarks>
/// Metadata: <c>reason</c> (a <see cref="QuarantineReason"/>) and <c>sentence</c> (percent-encoded UTF-8, because
/// metadata is ASCII). Putting the same ticket twice is harmless: the name is its id, or the hash of a message without
/// one. It leaves a new ETag, so that a release of the first (<see cref="QuarantineView"/>) does not take the second away.
/// </remarks>
public sealed class Quarantine(DepotStorage storage, DepotEvents events, TimeProvider clock)
{
    /// <summary>Keeps a message as it was on the queue, and what it points to, and tells it; then the spool blob may go.</summary>
    /// <returns>The quarantine blob's name.</returns>
    public async Task<string> PutAsync(ReadOnlyMemory<byte> message, TicketPayload? payload, UnarchivableException reason, CancellationToken ct)
    {
        var pointed = SpooledName(message.Span);
        var spooled = pointed is null ? null : storage.Spool.GetBlobClient(pointed);
        var version = spooled is null ? null : await VersionAsync(spooled, ct);
        var whole = version is not null;
        if (pointed is not null && !whole)
        {
            if (payload is not null)
            {
                throw new NotYetException($"The spool blob {pointed} went away while its ticket was read: another worker may have ended it.");
            }

            if (Ticket.IdIn(pointed) is { } gone && await ContainsAsync(gone, ct))
            {
                return PlaceOf(gone, default); // it went there with another message: there is nothing more to keep
            }
        }

        // A pointer alone is named by its hash: under the id would lie what looks like the mail.
        var place = PlaceOf(payload?.Ticket.Id ?? (whole ? Ticket.IdIn(pointed!) : null), message.Span);
        var blob = storage.Quarantine.GetBlockBlobClient(place);
        while (await CopyAsync(message, whole ? spooled : null, blob, Metadata(reason), ct) is Put.AlreadyThere && !await RenewAsync(blob, Metadata(reason), ct))
        {
            // a person released or deleted it between the two: it is kept anew
        }

        if (version is { } copied)
        {
            await DeleteAsync(spooled!, copied, ct);
        }

        Telemetry.Quarantined.Add(1, new KeyValuePair<string, object?>("reason", reason.Reason));
        events.Write(EventKind.Quarantined, payload?.Ticket.Id ?? Ticket.IdInMessage(message.Span), $"{reason.Message} It is kept in quarantine as {blob.Name}.");
        return blob.Name;
    }

    /// <summary>Whether the ticket of this id is in quarantine.</summary>
    public async Task<bool> ContainsAsync(Guid id, CancellationToken ct) => await storage.Quarantine.GetBlobClient(PlaceOf(id, default)).ExistsAsync(ct);

    /// <summary>Reads why a quarantine blob is there.</summary>
    public static (string Reason, string Sentence) ReasonOf(BlobProperties properties) => ReasonOf(properties.Metadata);

    /// <inheritdoc cref="ReasonOf(BlobProperties)"/>
    internal static (string Reason, string Sentence) ReasonOf(IDictionary<string, string> metadata) => (
        metadata.TryGetValue("reason", out var reason) ? reason : "unknown",
        metadata.TryGetValue("sentence", out var sentence) ? Uri.UnescapeDataString(sentence) : "No reason was written.");

    private static Dictionary<string, string> Metadata(UnarchivableException reason) => new(StringComparer.Ordinal)
    {
        ["reason"] = reason.Reason.ToString(),
        ["sentence"] = Uri.EscapeDataString(reason.Message),
    };

    /// <summary>Day of arrival and id; of a message without an id today's, and its hash.</summary>
    private string PlaceOf(Guid? id, ReadOnlySpan<byte> message)
    {
        var day = (id is { } known ? TableKey.TimeOf(known) : clock.GetUtcNow()).UtcDateTime;
        return string.Create(CultureInfo.InvariantCulture, $"{day:yyyy'/'MM'/'dd}/{id?.ToString("D") ?? Digest.Of(RescueMark.Strip(message)).ToString()}");
    }

    /// <summary>A pointer of a later version is kept as it is, and its spool blob where it is.</summary>
    private static string? SpooledName(ReadOnlySpan<byte> message)
    {
        try
        {
            return Ticket.SpoolNameIn(message);
        }
        catch (Exception e) when (e is UnarchivableException or NewerTicketException)
        {
            return null;
        }
    }

    /// <summary>Null if there is no such blob.</summary>
    private static async Task<ETag?> VersionAsync(BlobClient spooled, CancellationToken ct)
    {
        try
        {
            return (await spooled.GetPropertiesAsync(cancellationToken: ct)).Value.ETag;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Deletes what was copied, and not what a release or a sweep has touched meanwhile: that has a ticket of its own again.</summary>
    private static async Task DeleteAsync(BlobClient spooled, ETag copied, CancellationToken ct)
    {
        try
        {
            await spooled.DeleteIfExistsAsync(conditions: new BlobRequestConditions { IfMatch = copied }, cancellationToken: ct);
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            // its ticket comes again
        }
    }

    private static async Task<Put> CopyAsync(
        ReadOnlyMemory<byte> message, BlobClient? spooled, BlockBlobClient blob, Dictionary<string, string> metadata, CancellationToken ct)
    {
        await using var copy = new StagedBlobStream(blob);
        if (spooled is not null)
        {
            var content = await spooled.DownloadStreamingAsync(cancellationToken: ct);
            await using var stream = content.Value.Content;
            await stream.CopyToAsync(copy, ct);
        }
        else
        {
            await copy.WriteAsync(message, ct);
        }

        return await copy.CommitAsync(default, null, metadata, ct);
    }

    /// <summary>False if it is gone.</summary>
    private static async Task<bool> RenewAsync(BlockBlobClient blob, Dictionary<string, string> metadata, CancellationToken ct)
    {
        try
        {
            await blob.SetMetadataAsync(metadata, cancellationToken: ct);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
    }
}
