using System.Collections.Immutable;
using System.Text.Json;
using MailDepot.Storage;

namespace MailDepot.Host.Local;

/// <summary>The five files that index Azurite's storage, and how to recover when a power failure has damaged one.</summary>
/// <remarks>
/// Azurite rewrites each of them every few seconds and renames it into place without flushing it (LokiJS, LokiFsAdapter), so
/// a power failure can leave one truncated, empty or full of zeros. Azurite exits at start if a file is not JSON. It takes an
/// empty or missing file for a new database; if that is the blob database, it deletes all blob contents at once (BlobGCManager:
/// no name refers to them), except what was written in the last ten minutes. So these cases are checked before it starts,
/// and any other damage after it has exited. Nothing is renamed or deleted here.
/// </remarks>
internal sealed class AzuriteDatabases(LocalFolder folder)
{
    private const string Blobs = "__azurite_db_blob__.json";
    private const string Queues = "__azurite_db_queue__.json";
    private const string Tables = "__azurite_db_table__.json";

    private const int PieceBytes = 64 * 1024;

    private static readonly AzuriteExtents BlobExtents = new("__azurite_db_blob_extent__.json", "__blobstorage__");
    private static readonly AzuriteExtents QueueExtents = new("__azurite_db_queue_extent__.json", "__queuestorage__");

    /// <summary>In the order in which Azurite opens them.</summary>
    private static readonly ImmutableArray<string> All = [Blobs, BlobExtents.File, Queues, QueueExtents.File, Tables];

    /// <summary>
    /// Runs before Azurite starts: refuses files that Azurite would take for a new database, and rebuilds extent lists that
    /// were set aside.
    /// </summary>
    /// <exception cref="StartException">A file is damaged; names it and says how to recover.</exception>
    public void Prepare()
    {
        foreach (var file in All)
        {
            if (new FileInfo(In(file)) is { Exists: true, Length: 0 })
            {
                throw Damage(file, "is empty, as after a power failure");
            }
        }

        if (!File.Exists(In(Blobs)) && BlobExtents.Exist(folder.AzuriteContent))
        {
            throw Damage(Blobs, "is missing");
        }

        BlobExtents.ListAgain(folder.AzuriteContent);
        QueueExtents.ListAgain(folder.AzuriteContent);
    }

    /// <summary>After Azurite exited at start: names the damaged file and how to recover; null if all are intact.</summary>
    public StartException? FindDamage() =>
        All.FirstOrDefault(file => File.Exists(In(file)) && !IsJson(In(file))) is { } damaged
            ? Damage(damaged, "is damaged, as after a power failure")
            : null;

    private StartException Damage(string file, string how) => new($"{In(file)} {how}. {WayBack(file)}");

    private string WayBack(string file) => file switch
    {
        Blobs => $"It names every mail, the ledger and the spool, so only a backup of {folder.AzuriteContent} brings them back. "
            + "Without one, rename that folder, and `maildepot up` begins empty; never start Azurite on it without this file, "
            + $"because Azurite then deletes what is left of the mails in {BlobExtents.Folder}.",
        Queues => $"{SetAside(file)}: the archive is not in it, and mails that waited in the spool come back after an hour. "
            + $"Smaller mails (up to {StorageLimits.QueueMessageBytes / 1024} KB, compressed) that were accepted but not archived yet "
            + "are lost, because they waited in this file.",
        Tables => $"{SetAside(file)}, then run `maildepot index rebuild` in another terminal: it contains no mail. The log, the "
            + "number of folded duplicates, mailboxes added with `maildepot pop3 add` and the record of collected mails are lost: "
            + "mails still on a server are collected again, and folded if they first arrived this month.",
        _ => $"{SetAside(file)}, which rebuilds it from the files that it lists: nothing is lost.",
    };

    private static string SetAside(string file) => $"Rename it to {file}.broken and start `maildepot up` again";

    private string In(string file) => Path.Combine(folder.AzuriteContent, file);

    /// <summary>Reads in pieces, because the tables of a large archive take hundreds of megabytes.</summary>
    private static bool IsJson(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var (piece, kept, state) = (new byte[PieceBytes], 0, default(JsonReaderState));
            while (true)
            {
                if (kept == piece.Length)
                {
                    Array.Resize(ref piece, 2 * piece.Length); // one value alone is longer
                }

                var read = file.Read(piece, kept, piece.Length - kept);
                var reader = new Utf8JsonReader(piece.AsSpan(0, kept + read), isFinalBlock: read == 0, state);
                while (reader.Read())
                {
                    // it only matters whether the file can be parsed
                }

                if (read == 0)
                {
                    return true;
                }

                var done = (int)reader.BytesConsumed;
                (kept, state) = (kept + read - done, reader.CurrentState);
                piece.AsSpan(done, kept).CopyTo(piece);
            }
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
