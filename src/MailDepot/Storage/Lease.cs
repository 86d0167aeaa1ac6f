using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace MailDepot.Storage;

/// <summary>Work that one process at a time may do: a blob lease, kept while the work goes on, and free again within 15 s of its owner's death.</summary>
/// <remarks>
/// A lease is a courtesy, not a lock to rely on: its owner may be slower than it thinks. What is done under it is safe
/// to be done by two at once.
/// </remarks>
public sealed class Lease : IAsyncDisposable
{
    /// <summary>
    /// The shortest that is allowed (Azure "Lease Blob": 15 to 60 s). A message whose owner died comes back after 15 s at
    /// the earliest: were the lease still taken then, it would be completed in vain, and its work left for the next interval.
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

    /// <summary>Cancelled when the work must end: the caller's token, or the lease is another's now.</summary>
    public CancellationToken Token => lost.Token;

    /// <summary>Takes the lease of this name; null while another has it.</summary>
    public static async Task<Lease?> TryTakeAsync(BlobContainerClient leases, string name, TimeProvider clock, CancellationToken ct)
    {
        var blob = leases.GetBlobClient(name);
        try
        {
            await blob.UploadAsync(BinaryData.Empty, new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } }, ct);
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            // there already, leased or not
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

    /// <summary>Gives it free at once.</summary>
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
            // it frees itself when its time is over
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
