using System.Text.Json;

namespace MailDepot.Host.Local;

/// <summary>The contents of Azurite's blobs or messages: files in a folder, listed by a file beside it.</summary>
/// <param name="File">The list: a LokiJS database of one collection.</param>
/// <param name="Folder">Where the files are; each is named by its id.</param>
/// <remarks>Azurite reads only listed files. The folder holds everything the list needs, so the list can be rebuilt.</remarks>
internal sealed record AzuriteExtents(string File, string Folder)
{
    /// <summary>Whether there are files.</summary>
    public bool Exist(string content) =>
        Directory.Exists(Path.Combine(content, Folder)) && Directory.EnumerateFiles(Path.Combine(content, Folder)).Any();

    /// <summary>Rebuilds the list if it is missing, atomically.</summary>
    public void ListAgain(string content)
    {
        var list = Path.Combine(content, File);
        if (System.IO.File.Exists(list) || !Exist(content))
        {
            return;
        }

        var files = new DirectoryInfo(Path.Combine(content, Folder)).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select((file, number) => new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["id"] = file.Name,
                ["locationId"] = "Default", // DEFAULT_BLOB_PERSISTENCE_ARRAY of Azurite; the queues' is the same
                ["path"] = file.Name,
                ["size"] = file.Length,
                ["lastModifiedInMS"] = new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds(),
                ["meta"] = new { revision = 0, created = 0, version = 0 },
                ["$loki"] = number + 1,
            })
            .ToList();
        var collection = new
        {
            name = "$EXTENTS_COLLECTION$",
            data = files,
            // Positions in the order of the ids.
            binaryIndices = new { id = new { name = "id", dirty = false, values = Enumerable.Range(0, files.Count) } },
            adaptiveBinaryIndices = true,
            disableChangesApi = true,
            disableDeltaChangesApi = true,
            maxId = files.Count,
        };
        var database = new { filename = list, collections = new[] { collection } };
        System.IO.File.WriteAllBytes(list + ".new", JsonSerializer.SerializeToUtf8Bytes(database));
        System.IO.File.Move(list + ".new", list);
    }
}
