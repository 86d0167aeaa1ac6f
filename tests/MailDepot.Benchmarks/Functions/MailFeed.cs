using MailDepot.Benchmarks.Ingest;
using MailDepot.Storage;

namespace MailDepot.Benchmarks.Functions;

/// <summary>Puts mails on the archive queue, each in a message of its own, and counts those that are archived.</summary>
/// <remarks>
/// A mail counts as archived when its message is deleted. Messages that are hidden count as waiting (Azurite counts exactly).
/// </remarks>
internal sealed class MailFeed(DepotStorage storage, int kilobytes, TimeProvider clock)
{
    /// <summary>
    /// Mails that are put and not yet archived: two batches that a worker has at work, and as many again that it finds when it looks.
    /// Azurite slows down with each message that waits.
    /// </summary>
    private const int Limit = 64;

    private const int PutsAtOnce = 8;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>After this long without an archived mail, the worker has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly JournalMails mails = new(kilobytes * 1_000);
    private int put;

    /// <summary>At the last look.</summary>
    public int Archived { get; private set; }

    /// <summary>Creates what a depot has, all empty.</summary>
    /// <param name="connectionString">Of a fresh storage.</param>
    /// <param name="kilobytes">Size of each mail.</param>
    /// <param name="clock">Measures the patience.</param>
    /// <param name="ct">Cancels the creation.</param>
    public static async Task<MailFeed> CreateAsync(string connectionString, int kilobytes, TimeProvider clock, CancellationToken ct)
    {
        var depot = new DepotStorage(new StorageOptions(connectionString, Archive: ""), new RequestCounter(), []);
        await depot.CreateAsync([LoopbackDepot.Container], ct);
        return new(depot, kilobytes, clock);
    }

    /// <summary>Puts some mails at once.</summary>
    public async Task PutAsync(int count, CancellationToken ct)
    {
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = PutsAtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(Enumerable.Range(put + 1, count), atOnce, async (number, token) =>
        {
            var message = ReadyMail.Queued(mails.Make(number), clock.GetUtcNow());
            await storage.ArchiveQueue.SendMessageAsync(message, timeToLive: StorageLimits.NeverExpires, cancellationToken: token);
        });
        put += count;
    }

    /// <summary>Keeps mails waiting until this many are archived in all.</summary>
    public Task UntilArchivedAsync(int count, CancellationToken ct) => WatchAsync(count, waiting => Limit - waiting, ct);

    /// <summary>Waits until all that were put are archived, each once.</summary>
    public async Task EmptyAsync(CancellationToken ct)
    {
        await WatchAsync(put, _ => 0, ct);
        var receipts = await storage.Receipts.QueryAsync<Azure.Data.Tables.TableEntity>(select: ["RowKey"], cancellationToken: ct)
            .CountAsync(ct);
        if (receipts != put)
        {
            throw new BrokenRunException($"{put} mails were put on the queue, and {receipts} have a receipt.");
        }
    }

    private async Task WatchAsync(int count, Func<int, int> room, CancellationToken ct)
    {
        var progress = clock.GetTimestamp();
        while (true)
        {
            var waiting = (await storage.ArchiveQueue.GetPropertiesAsync(ct)).Value.ApproximateMessagesCount;
            (var before, Archived) = (Archived, put - waiting);
            if (Archived >= count)
            {
                return;
            }

            if (Archived > before)
            {
                progress = clock.GetTimestamp();
            }
            else if (clock.GetElapsedTime(progress) > Patience)
            {
                throw new BrokenRunException($"No mail was archived for a minute; {waiting} wait.");
            }

            await PutAsync(room(waiting), ct);
            await Task.Delay(LookEvery, clock, ct);
        }
    }
}
