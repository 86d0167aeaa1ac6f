using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Storage;

namespace MailDepot.Ledger;

/// <summary>The append-only record of arrivals: one JSON line a receipt.</summary>
/// <remarks>
/// Appending twice is harmless: readers keep the first line of a receipt id. Each writer has files of its own, one an
/// hour and archive container, so no two processes ever share one; a file takes 50,000 appends
/// (<see cref="StorageLimits.AppendsABlob"/>) and the ledger rolls to the next before that.
/// </remarks>
public sealed class ReceiptLedger
{
    private readonly DepotStorage storage;
    private readonly TimeProvider clock;
    private readonly string writer;
    private readonly ConcurrentDictionary<string, OpenFile> files = new(StringComparer.Ordinal);
    private readonly GroupCommit<string, byte[], LedgerPlace> group;

    private readonly int appendsAFile;

    /// <summary>Makes a ledger with a writer's name of its own.</summary>
    public ReceiptLedger(DepotStorage storage, TimeProvider clock)
        : this(storage, clock, StorageLimits.AppendsABlob)
    {
    }

    internal ReceiptLedger(DepotStorage storage, TimeProvider clock, int appendsAFile)
    {
        (this.storage, this.clock, this.appendsAFile) = (storage, clock, appendsAFile);
        writer = Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");
        group = new("ledger", int.MaxValue, StorageLimits.AppendBytes, line => line.Length, AppendAsync);
    }

    /// <summary>Appends a receipt's line; returns when it is durable, with its place.</summary>
    public Task<LedgerPlace> AppendAsync(Receipt receipt, CancellationToken ct) =>
        group.CommitAsync(receipt.Container, LedgerLine.Write(receipt), ct);

    /// <summary>Reads one line.</summary>
    public async Task<Receipt> ReadAsync(string container, LedgerPlace place, CancellationToken ct)
    {
        var blob = storage.Archive(container).GetAppendBlobClient(place.Blob);
        var answer = await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(place.Offset, place.Length) }, ct);
        return LedgerLine.Read(answer.Value.Content.ToMemory().Span);
    }

    /// <summary>Reads every line of an archive container, file by file; lines of one id may come more than once.</summary>
    public async IAsyncEnumerable<Receipt> ReadAllAsync(string container, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var file in FilesAsync(container, ct))
        {
            await foreach (var (_, line) in ReadFileAsync(container, file.Name, ct))
            {
                yield return LedgerLine.Read(line.Span);
            }
        }
    }

    /// <summary>The files there are, in the order in which their lines count.</summary>
    public IAsyncEnumerable<LedgerFile> FilesAsync(string container, CancellationToken ct) =>
        storage.Archive(container).GetBlobsAsync(new GetBlobsOptions { Prefix = "ledger/" }, ct)
            .Select(blob => new LedgerFile(blob.Name, blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? default));

    /// <summary>Reads a file's lines as a stream, with their places; one line is held at a time.</summary>
    /// <remarks>A file may be growing: its length when the download began is what this reading covers. A line is appended whole.</remarks>
    public async IAsyncEnumerable<(LedgerPlace Place, ReadOnlyMemory<byte> Line)> ReadFileAsync(
        string container, string file, [EnumeratorCancellation] CancellationToken ct)
    {
        var answer = await storage.Archive(container).GetAppendBlobClient(file).DownloadStreamingAsync(cancellationToken: ct);
        var reader = PipeReader.Create(answer.Value.Content);
        var offset = 0L;
        for (var ended = false; !ended;)
        {
            var read = await reader.ReadAsync(ct);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, rest.GetPosition(1, end)).ToArray();
                rest = rest.Slice(line.Length);
                yield return (new LedgerPlace(file, offset, line.Length), line);
                offset += line.Length;
            }

            ended = read.IsCompleted;
            reader.AdvanceTo(rest.Start, rest.End);
        }

        await reader.CompleteAsync();
    }

    private async Task<IReadOnlyList<LedgerPlace>> AppendAsync(string container, IReadOnlyList<byte[]> lines, CancellationToken ct)
    {
        var file = await OpenAsync(container, ct);
        using var block = new MemoryStream(lines.Sum(line => line.Length));
        foreach (var line in lines)
        {
            block.Write(line);
        }

        block.Position = 0;
        var appends = file.Appends;
        file.Appends = appendsAFile;
        var answer = await file.Blob.AppendBlockAsync(block, cancellationToken: ct);
        file.Appends = appends + 1;
        var offset = long.Parse(answer.Value.BlobAppendOffset, CultureInfo.InvariantCulture);
        var places = new LedgerPlace[lines.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = new LedgerPlace(file.Blob.Name, offset, lines[i].Length);
            offset += lines[i].Length;
        }

        return places;
    }

    /// <summary>The file of this hour, made if it is new. Only one append a container is under way, so nobody races here.</summary>
    private async Task<OpenFile> OpenAsync(string container, CancellationToken ct)
    {
        var hour = clock.GetUtcNow().UtcDateTime.ToString("yyyy'/'MM'/'dd'/'HH", CultureInfo.InvariantCulture);
        var open = files.GetValueOrDefault(container);
        if (open?.Hour == hour && open.Appends < appendsAFile)
        {
            return open;
        }

        var number = open?.Hour == hour ? open.Number + 1 : 0;
        var blob = storage.Archive(container).GetAppendBlobClient($"ledger/{hour}/{writer}-{number:d4}.jsonl");
        await CreateAsync(blob, ct);
        return files[container] = new OpenFile(blob, hour, number);
    }

    /// <summary>The name is this writer's alone: one that is there already was made by a call whose answer got lost.</summary>
    private static async Task CreateAsync(AppendBlobClient blob, CancellationToken ct)
    {
        try
        {
            await blob.CreateAsync(new AppendBlobCreateOptions { Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All } }, ct);
        }
        catch (RequestFailedException refusal) when (AlreadyThere.Says(refusal))
        {
            // empty, or nearly: appends go on behind what it has
        }
    }

    private sealed record OpenFile(AppendBlobClient Blob, string Hour, int Number)
    {
        /// <summary>Counts as full while an append is under way: after one that failed, the ledger goes on in the next file.</summary>
        public int Appends { get; set; }
    }
}

/// <summary>A file of the ledger.</summary>
/// <param name="Name">Of the append blob in the archive container.</param>
/// <param name="Bytes">Its length when it was listed.</param>
/// <param name="LastAppend">When it last grew, by the storage's clock.</param>
public sealed record LedgerFile(string Name, long Bytes, DateTimeOffset LastAppend);
