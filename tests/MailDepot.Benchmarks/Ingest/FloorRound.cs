using System.Collections.Immutable;
using System.Globalization;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Queues.Models;
using MailDepot.Host.Local;
using MailDepot.Storage;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>
/// One round of the calls that every mail archive with a queue needs: queue put, a sixteenth of a get, blob put, queue
/// delete, with bytes prepared in advance.
/// </summary>
/// <remarks>The same clients, the same concurrency at each step and the same limit of the backlog as in the pipeline.</remarks>
internal sealed class FloorRound(DepotStorage storage, ImmutableArray<ReadyMail> mails, int connections, CancellationToken ct) : IDisposable
{
    /// <summary>As in the pump: messages per get, and how many may be in progress when the next get is made.</summary>
    private const int BatchSize = 16;

    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(30);

    private readonly Backlog backlog = new(connections + IngestPlan.Spare);
    private readonly SemaphoreSlim waiting = new(0);
    private int number;

    /// <summary>Runs on a fresh, empty Azurite.</summary>
    public static async Task<FloorFigures> RunAsync(
        AzuriteProcess azurite, ImmutableArray<ReadyMail> mails, int connections, SteadyState steady, CancellationToken ct)
    {
        var account = azurite.ConnectionString(AzuriteAccount.Development.Name);
        var storage = new DepotStorage(new StorageOptions(account, Archive: ""), new RequestCounter(), []);
        await storage.CreateAsync([LoopbackDepot.Container], ct);
        using var round = new FloorRound(storage, mails, connections, ct);
        var (before, after, time) = await steady.MeasureAsync(
            round.LoadAsync, () => (Mails: round.backlog.Archived, Cpu: CpuTime.Read(azurite.Id)), ct);
        double done = after.Mails - before.Mails;
        return new FloorFigures(done / time.TotalSeconds, after.Cpu.Since(before.Cpu, done));
    }

    public void Dispose()
    {
        backlog.Dispose();
        waiting.Dispose();
    }

    private async Task LoadAsync(CancellationToken enough)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var taking = TakeAsync(over.Token);
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => PutAsync(enough)));
        waiting.Release(BatchSize); // fills the last batch
        await Task.WhenAny(backlog.EmptyAsync(over.Token), taking);
        await over.CancelAsync();
        await taking;
    }

    private async Task PutAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            await backlog.BeginAsync(ct);
            var message = mails[Interlocked.Increment(ref number) % mails.Length].Message;
            await storage.ArchiveQueue.SendMessageAsync(message, timeToLive: StorageLimits.NeverExpires, cancellationToken: ct);
            waiting.Release();
        }
    }

    private async Task TakeAsync(CancellationToken over)
    {
        var atWork = new HashSet<Task>();
        while (await FullBatchAsync(over))
        {
            var messages = await storage.ArchiveQueue.ReceiveMessagesAsync(BatchSize, Visibility, ct);
            atWork.UnionWith(messages.Value.Select(ArchiveAsync));
            while (atWork.Count > BatchSize)
            {
                var done = await Task.WhenAny(atWork);
                await done;
                atWork.Remove(done);
            }
        }

        await Task.WhenAll(atWork);
    }

    /// <summary>Waits until a get is sure to return a full batch: only then does a mail cost a sixteenth of a get.</summary>
    private async Task<bool> FullBatchAsync(CancellationToken over)
    {
        for (var i = 0; i < BatchSize && !over.IsCancellationRequested; i++)
        {
            await waiting.WaitAsync(over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return !over.IsCancellationRequested;
    }

    private async Task ArchiveAsync(QueueMessage message)
    {
        var document = mails[(int)(backlog.Archived % mails.Length)].Document;
        var name = string.Create(CultureInfo.InvariantCulture, $"documents/2026-11/{message.MessageId}.eml");
        await using var content = new MemoryStream(document, writable: false);
        var once = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
        await storage.Archive(LoopbackDepot.Container).GetBlockBlobClient(name).UploadAsync(content, once, ct);
        await storage.ArchiveQueue.DeleteMessageAsync(message.MessageId, message.PopReceipt, ct);
        backlog.End();
    }
}
