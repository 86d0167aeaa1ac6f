using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace MailDepot.Storage;

/// <summary>Makes work exclusive to one process: a blob lease that is renewed meanwhile, and free within 15 s if its owner dies.</summary>
/// <remarks>
/// A lease saves work but is not a lock to rely on: its owner may be slower than it thinks. Work done under it must be safe if two
/// processes do it at the same time.
/// </remarks>
public sealed class Lease : IAsyncDisposable
{
    /// <summary>
    /// The shortest allowed (Azure "Lease Blob": 15 to 60 s). A message whose owner died reappears after 15 s at the earliest: if the
    /// lease were still held then, the message would be completed without doing anything, until the next interval.
    /// </summary>
    internal static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    private readonly BlobLeaseClient lease;
    private readonly CancellationTokenSource lost;
    private readonly CancellationTokenSource ended = new();
    private readonly Task renewing;

    private Lease(BlobLeaseClient lease, CancellationTokenSource lost, TimeProvider clock)
    {
        (this.lease, this.lost) = (lease, lost);
        renewing = RenewAsync(clock);
    }

    /// <summary>Cancelled when the work must stop: by the caller, or because the lease was lost.</summary>
    public CancellationToken Token => lost.Token;

    /// <summary>Takes the lease of this name; null if another process holds it.</summary>
    public static async Task<Lease?> TryTakeAsync(BlobContainerClient leases, string name, TimeProvider clock, CancellationToken ct)
    {
        var blob = leases.GetBlobClient(name);
        var once = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
        try
        {
            await blob.UploadAsync(BinaryData.Empty, once, ct);
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            // it already exists, leased or not
        }

        var taken = blob.GetBlobLeaseClient();
        try
        {
            await taken.AcquireAsync(Duration, cancellationToken: ct);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            return null;
        }

        return new Lease(taken, CancellationTokenSource.CreateLinkedTokenSource(ct), clock);
    }

    /// <summary>Releases the lease.</summary>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await renewing;
        try
        {
            await lease.ReleaseAsync(cancellationToken: CancellationToken.None);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
            // it expires by itself
        }

        ended.Dispose();
        lost.Dispose();
    }

    private async Task RenewAsync(TimeProvider clock)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Duration / 3, clock, ended.Token);
                await lease.RenewAsync(cancellationToken: ended.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
            await lost.CancelAsync();
        }
    }
}
