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

/// <summary>
/// The append-only record of arrivals: one JSON line per receipt, per later reading that found other facts, and per ticket that a
/// person deleted from quarantine.
/// </summary>
/// <remarks>
/// Appending twice is harmless: readers keep the first line of a receipt id and its last facts line. Each writer has its own
/// files, one per hour and archive container, so processes never share a file. A file takes 50,000 appends
/// (<see cref="StorageLimits.AppendsPerBlob"/>); the ledger rolls to the next before that. Facts lines and deletions have files of
/// their own, recognized by their names, because a walk through the ledger reads these few first. Lines and files of unknown
/// kinds are skipped.
/// </remarks>
public sealed class ReceiptLedger
{
    private readonly DepotStorage storage;
    private readonly TimeProvider clock;
    private readonly string writer;
    private readonly ConcurrentDictionary<(string Container, string Extension), OpenFile> files = [];
    private readonly GroupCommit<(string Container, string Extension), byte[], LedgerPlace> group;

    private readonly int appendsPerFile;

    /// <summary>Makes a ledger with a unique writer name.</summary>
    public ReceiptLedger(DepotStorage storage, TimeProvider clock)
        : this(storage, clock, StorageLimits.AppendsPerBlob)
    {
    }

    internal ReceiptLedger(DepotStorage storage, TimeProvider clock, int appendsPerFile)
    {
        (this.storage, this.clock, this.appendsPerFile) = (storage, clock, appendsPerFile);
        writer = Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");
        group = new("ledger", int.MaxValue, StorageLimits.AppendBytes, line => line.Length, AppendAsync);
    }

    /// <summary>Appends a receipt's line; returns its place once it is durable.</summary>
    public Task<LedgerPlace> AppendAsync(Receipt receipt, CancellationToken ct) =>
        group.CommitAsync((receipt.Container, LedgerFile.Extension), LedgerLine.Write(receipt), ct);

    /// <summary>Appends a facts line; returns its place once it is durable.</summary>
    public Task<LedgerPlace> AppendAsync(LaterFacts facts, CancellationToken ct) =>
        group.CommitAsync((facts.Container, LedgerFile.FactsExtension), LedgerLine.Write(facts), ct);

    /// <summary>Appends the line of a deletion; returns its place once it is durable.</summary>
    public Task<LedgerPlace> AppendAsync(DeletedTicket deleted, CancellationToken ct) =>
        group.CommitAsync((deleted.Container, LedgerFile.DeletionsExtension), LedgerLine.Write(deleted), ct);

    /// <summary>Reads a receipt's line.</summary>
    public async Task<Receipt> ReadAsync(string container, LedgerPlace place, CancellationToken ct) =>
        LedgerLine.Read((await LineAsync(container, place, ct)).Span);

    /// <summary>Reads a receipt with its latest facts.</summary>
    public async Task<Receipt> ReadAsync(ReceiptPlace place, CancellationToken ct)
    {
        var receipt = await ReadAsync(place.Container, place.Line, ct);
        return place.Facts is { } facts ? (await ReadFactsAsync(place.Container, facts, ct)).ApplyTo(receipt) : receipt;
    }

    /// <summary>Reads a facts line.</summary>
    public async Task<LaterFacts> ReadFactsAsync(string container, LedgerPlace place, CancellationToken ct) =>
        LedgerLine.ReadFacts((await LineAsync(container, place, ct)).Span);

    /// <summary>Reads the line of a deletion.</summary>
    public async Task<DeletedTicket> ReadDeletedAsync(string container, LedgerPlace place, CancellationToken ct) =>
        LedgerLine.ReadDeleted((await LineAsync(container, place, ct)).Span);

    /// <summary>The place of each receipt's last facts line; few receipts have one.</summary>
    /// <param name="container">The archive container.</param>
    /// <param name="unreadable">Called for each damaged line; null to throw <see cref="InvalidDataException"/>.</param>
    public Task<IReadOnlyDictionary<Guid, LedgerPlace>> LastFactsAsync(
        string container, Action<LedgerPlace>? unreadable, CancellationToken ct) =>
        LastAsync(container, LedgerFile.FactsExtension, line => LedgerLine.ReadFactsOrSkip(line.Span)?.Receipt, unreadable, ct);

    /// <summary>The place of the last line of each deletion, for tickets that had an id.</summary>
    /// <inheritdoc cref="LastFactsAsync" path="/param"/>
    public Task<IReadOnlyDictionary<Guid, LedgerPlace>> LastDeletionsAsync(
        string container, Action<LedgerPlace>? unreadable, CancellationToken ct) =>
        LastAsync(container, LedgerFile.DeletionsExtension, line => LedgerLine.ReadDeletedOrSkip(line.Span)?.Ticket, unreadable, ct);

    private async Task<IReadOnlyDictionary<Guid, LedgerPlace>> LastAsync(
        string container, string extension, Func<ReadOnlyMemory<byte>, Guid?> id, Action<LedgerPlace>? unreadable, CancellationToken ct)
    {
        var last = new Dictionary<Guid, LedgerPlace>();
        await foreach (var file in FilesAsync(container, ct).Where(file => file.Name.EndsWith(extension, StringComparison.Ordinal)))
        {
            await foreach (var (place, line) in ReadFileAsync(container, file.Name, ct))
            {
                try
                {
                    if (id(line) is { } subject)
                    {
                        last[subject] = place;
                    }
                }
                catch (InvalidDataException) when (unreadable is not null)
                {
                    unreadable(place);
                }
            }
        }

        return last;
    }

    /// <summary>All files, in the order in which their lines count.</summary>
    public IAsyncEnumerable<LedgerFile> FilesAsync(string container, CancellationToken ct) =>
        storage.Archive(container).GetBlobsAsync(new GetBlobsOptions { Prefix = "ledger/" }, ct)
            .Select(blob => new LedgerFile(blob.Name, blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? default));

    /// <summary>Streams a file's lines with their places, one line in memory at a time.</summary>
    /// <remarks>The file may be growing: this reads up to its length when the download began. Lines are appended whole.</remarks>
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

    private async Task<ReadOnlyMemory<byte>> LineAsync(string container, LedgerPlace place, CancellationToken ct)
    {
        var blob = storage.Archive(container).GetAppendBlobClient(place.Blob);
        var answer = await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(place.Offset, place.Length) }, ct);
        return answer.Value.Content.ToMemory();
    }

    private async Task<IReadOnlyList<LedgerPlace>> AppendAsync(
        (string Container, string Extension) to, IReadOnlyList<byte[]> lines, CancellationToken ct)
    {
        var file = await OpenAsync(to, ct);
        using var block = new MemoryStream(lines.Sum(line => line.Length));
        foreach (var line in lines)
        {
            block.Write(line);
        }

        block.Position = 0;
        var appends = file.Appends;
        file.Appends = appendsPerFile;
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

    /// <summary>The current hour's file, created if needed. Appends are serialized per container and kind, so there is no race.</summary>
    private async Task<OpenFile> OpenAsync((string Container, string Extension) to, CancellationToken ct)
    {
        var hour = clock.GetUtcNow().UtcDateTime.ToString("yyyy'/'MM'/'dd'/'HH", CultureInfo.InvariantCulture);
        var open = files.GetValueOrDefault(to);
        if (open?.Hour == hour && open.Appends < appendsPerFile)
        {
            return open;
        }

        var number = open?.Hour == hour ? open.Number + 1 : 0;
        var blob = storage.Archive(to.Container).GetAppendBlobClient($"ledger/{hour}/{writer}-{number:d4}{to.Extension}");
        await CreateAsync(blob, ct);
        return files[to] = new OpenFile(blob, hour, number);
    }

    /// <summary>The name is unique to this writer: if the blob exists, the response to our own call was lost.</summary>
    private static async Task CreateAsync(AppendBlobClient blob, CancellationToken ct)
    {
        try
        {
            await blob.CreateAsync(
                new AppendBlobCreateOptions { Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All } }, ct);
        }
        catch (RequestFailedException refusal) when (AlreadyThere.Matches(refusal))
        {
            // empty, or nearly: appends continue after what it has
        }
    }

    private sealed record OpenFile(AppendBlobClient Blob, string Hour, int Number)
    {
        /// <summary>Set to full during an append, so that the ledger continues in the next file if the append fails.</summary>
        public int Appends { get; set; }
    }
}

/// <summary>A file of the ledger.</summary>
/// <param name="Name">Name of the append blob in the archive container.</param>
/// <param name="Bytes">Size when it was listed.</param>
/// <param name="LastAppend">When it last grew, by the storage's clock.</param>
public sealed record LedgerFile(string Name, long Bytes, DateTimeOffset LastAppend)
{
    internal const string Extension = ".jsonl";
    internal const string FactsExtension = ".facts.jsonl";
    internal const string DeletionsExtension = ".deletions.jsonl";

    /// <summary>Whether it has receipts. A file with another kind of lines has a second extension that names the kind.</summary>
    public bool HoldsReceipts => Name.AsSpan(Name.LastIndexOf('/') + 1).Count('.') < 2;
}
