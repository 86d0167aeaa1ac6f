using Azure.Storage.Blobs.Specialized;
using MailDepot.Storage;

namespace MailDepot.Tests.Storage;

public sealed class StagedBlobStreamTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(70_000)]
    [InlineData(StorageLimits.BlockBytes)]
    [InlineData((StorageLimits.BlockBytes * 2) + 17)]
    public async Task The_blob_is_the_header_followed_by_what_was_written(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        var blob = depot.Storage.Spool.GetBlockBlobClient("some/blob");

        await using var stream = new StagedBlobStream(blob);
        for (var at = 0; at < size; at += 10_007)
        {
            await stream.WriteAsync(bytes.AsMemory(at, Math.Min(10_007, size - at)), Token);
        }

        Assert.Equal(size < StorageLimits.BlockBytes + 1, stream.Whole is not null);
        Assert.Equal(Put.Created, await stream.CommitAsync("header\n"u8.ToArray(), null, null, Token));
        var kept = (await blob.DownloadContentAsync(Token)).Value.Content.ToArray();
        Assert.Equal([.. "header\n"u8, .. bytes], kept);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(StorageLimits.BlockBytes + 100)]
    public async Task An_existing_blob_is_not_changed(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var blob = depot.Storage.Spool.GetBlockBlobClient("some/blob");
        await WriteAsync(blob, 1, size);
        Assert.Equal(Put.AlreadyThere, await WriteAsync(blob, 2, size));
        Assert.All((await blob.DownloadContentAsync(Token)).Value.Content.ToArray(), value => Assert.Equal(1, value));
    }

    [Fact]
    public async Task Two_writers_of_the_same_name_never_mix_their_blocks()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var blob = depot.Storage.Spool.GetBlockBlobClient("some/blob");
        await using var one = new StagedBlobStream(blob);
        await using var other = new StagedBlobStream(blob);
        for (var i = 0; i < 3; i++)
        {
            await one.WriteAsync(Filled(1, StorageLimits.BlockBytes), Token);
            await other.WriteAsync(Filled(2, StorageLimits.BlockBytes), Token);
        }

        Assert.Equal(Put.Created, await one.CommitAsync(default, null, null, Token));
        Assert.All((await blob.DownloadContentAsync(Token)).Value.Content.ToArray(), value => Assert.Equal(1, value));
    }

    private static async Task<Put> WriteAsync(BlockBlobClient blob, byte value, int size)
    {
        await using var stream = new StagedBlobStream(blob);
        await stream.WriteAsync(Filled(value, size), Token);
        return await stream.CommitAsync(default, null, null, Token);
    }

    private static byte[] Filled(byte value, int size)
    {
        var bytes = new byte[size];
        Array.Fill(bytes, value);
        return bytes;
    }
}
