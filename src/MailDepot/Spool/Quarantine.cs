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

/// <summary>Keeps tickets that need a person, unchanged, as blobs in <c>quarantine</c> with the reason as metadata.</summary>
/// <remarks>
/// Metadata: <c>reason</c> (a <see cref="QuarantineReason"/>) and <c>sentence</c> (percent-encoded UTF-8, because
/// metadata is ASCII). Putting the same ticket twice is harmless: the name is its id, or the hash of a message without
/// one. The second put changes the ETag, so releasing the first (<see cref="QuarantinedTickets"/>) does not remove the second.
/// </remarks>
public sealed class Quarantine(DepotStorage storage, DepotEvents events, TimeProvider clock)
{
    /// <summary>Stores the queue message, or the spool blob it points to, logs the event, then deletes the spool blob.</summary>
    /// <returns>The quarantine blob's name.</returns>
    public async Task<string> PutAsync(
        ReadOnlyMemory<byte> message, TicketPayload? payload, UnarchivableException reason, CancellationToken ct)
    {
        var spoolName = SpoolNameOf(message.Span);
        var spooled = spoolName is null ? null : storage.Spool.GetBlobClient(spoolName);
        var version = spooled is null ? null : await VersionAsync(spooled, ct);
        var hasMail = version is not null;
        if (spoolName is not null && !hasMail)
        {
            if (payload is not null)
            {
                throw new NotYetException(
                    $"Spool blob {spoolName} disappeared while its ticket was being read: another worker may have finished it.");
            }

            if (Ticket.IdIn(spoolName) is { } id && await ContainsAsync(id, ct))
            {
                return NameOf(id, default); // another message already brought it here
            }
        }

        // A pointer without its mail is named by its hash: under the id it would be taken for the mail.
        var name = NameOf(payload?.Ticket.Id ?? (hasMail ? Ticket.IdIn(spoolName!) : null), message.Span);
        var blob = storage.Quarantine.GetBlockBlobClient(name);
        while (await CopyAsync(message, hasMail ? spooled : null, blob, Metadata(reason), ct) is Put.AlreadyThere
            && !await TryUpdateAsync(blob, Metadata(reason), ct))
        {
            // a person released or deleted it in between: copy it again
        }

        if (version is { } copied)
        {
            await DeleteAsync(spooled!, copied, ct);
        }

        Telemetry.Quarantined.Add(1, new KeyValuePair<string, object?>("reason", reason.Reason));
        events.Write(
            EventKind.Quarantined, payload?.Ticket.Id ?? Ticket.IdInMessage(message.Span),
            $"{reason.Message} Kept in quarantine as {blob.Name}.");
        return blob.Name;
    }

    /// <summary>Whether the ticket with this id is in quarantine.</summary>
    public async Task<bool> ContainsAsync(Guid id, CancellationToken ct) =>
        await storage.Quarantine.GetBlobClient(NameOf(id, default)).ExistsAsync(ct);

    /// <summary>Reads from its metadata why a blob was quarantined.</summary>
    public static (string Reason, string Sentence) ReasonOf(BlobProperties properties) => ReasonOf(properties.Metadata);

    /// <inheritdoc cref="ReasonOf(BlobProperties)"/>
    internal static (string Reason, string Sentence) ReasonOf(IDictionary<string, string> metadata) => (
        metadata.TryGetValue("reason", out var reason) ? reason : "unknown",
        metadata.TryGetValue("sentence", out var sentence) ? Uri.UnescapeDataString(sentence) : "No reason was recorded.");

    private static Dictionary<string, string> Metadata(UnarchivableException reason) => new(StringComparer.Ordinal)
    {
        ["reason"] = reason.Reason.ToString(),
        ["sentence"] = Uri.EscapeDataString(reason.Message),
    };

    /// <summary>The day of arrival and the id; for a message without an id, today and its hash.</summary>
    private string NameOf(Guid? id, ReadOnlySpan<byte> message)
    {
        var day = (id is { } known ? TableKey.TimeOf(known) : clock.GetUtcNow()).UtcDateTime;
        var name = id?.ToString("D") ?? Digest.Of(RescueMark.Strip(message)).ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{day:yyyy'/'MM'/'dd}/{name}");
    }

    /// <summary>Null also for a pointer of a later version: it is kept unchanged, and its spool blob stays in the spool.</summary>
    private static string? SpoolNameOf(ReadOnlySpan<byte> message)
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

    /// <summary>The blob's ETag; null if it does not exist.</summary>
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

    /// <summary>Deletes the version that was copied. If a release or a sweep touched it since, it has a new ticket and stays.</summary>
    private static async Task DeleteAsync(BlobClient spooled, ETag copied, CancellationToken ct)
    {
        try
        {
            await spooled.DeleteIfExistsAsync(conditions: new BlobRequestConditions { IfMatch = copied }, cancellationToken: ct);
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            // its new ticket is on the queue
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

    /// <summary>False if the blob no longer exists.</summary>
    private static async Task<bool> TryUpdateAsync(BlockBlobClient blob, Dictionary<string, string> metadata, CancellationToken ct)
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
