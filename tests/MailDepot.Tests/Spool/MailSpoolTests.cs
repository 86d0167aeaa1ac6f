using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Tests.Spool;

public sealed class MailSpoolTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_small_mail_travels_in_the_message_and_never_expires()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        var ticket = await depot.ReceiveAsync(mail);

        var message = Assert.Single(await depot.QueueAsync());
        Assert.Equal(Tickets.Inline(ticket, mail), message.Body.ToArray());
        Assert.Equal(9999, message.ExpiresOn!.Value.Year);
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Spool));
    }

    [Fact]
    public async Task A_large_mail_is_in_the_spool_in_exactly_the_same_format()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = Incompressible(StorageLimits.BlockBytes + 1_000_000);
        var ticket = await depot.ReceiveAsync(mail);

        Assert.Equal(ticket.ToPointer(), Assert.Single(await depot.QueueAsync()).Body.ToArray());
        var blob = await depot.Storage.Spool.GetBlobClient(ticket.SpoolName).DownloadContentAsync(Token);
        Assert.Equal(Tickets.Inline(ticket, mail), blob.Value.Content.ToArray());
    }

    [Theory]
    [InlineData(StorageLimits.QueueMessageBytes - 2_000)]
    [InlineData(StorageLimits.QueueMessageBytes - 300)]
    [InlineData(StorageLimits.QueueMessageBytes)]
    [InlineData(StorageLimits.QueueMessageBytes + 2_000)]
    public async Task Mails_around_the_size_limit_of_a_message_all_get_through(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = Incompressible(size);
        Assert.Equal(mail, await depot.RawAsync(await depot.KeepAsync(mail)));
    }

    [Fact]
    public async Task When_storage_fails_the_mail_is_not_accepted_and_the_next_attempt_is_archived_once()
    {
        foreach (var size in new[] { 1_000, StorageLimits.BlockBytes + 1_000_000 })
        {
            var fault = new FaultAt();
            await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
            var mail = Incompressible(size);
            fault.Reset(0, afterIt: false);
            await depot.ReceiveAsync(mail);
            var calls = fault.Calls;
            await depot.ArchiveAllAsync();
            for (var call = 1; call <= calls; call++)
            {
                foreach (var after in new[] { false, true })
                {
                    fault.Reset(call, after);
                    await Assert.ThrowsAsync<Azure.RequestFailedException>(() => depot.ReceiveAsync(mail));
                    fault.Reset(0, after);
                    await depot.ReceiveAsync(mail);
                }
            }

            await depot.ArchiveAllAsync();
            Assert.Single(await TestDepot.RowsAsync(depot.Storage.Receipts));
            Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
        }
    }

    [Fact]
    public async Task A_mail_that_is_cut_off_leaves_nothing_on_the_queue()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await Assert.ThrowsAsync<IOException>(() => depot.Get<MailSpool>().AcceptAsync(
            TestDepot.To(TestDepot.Office), new Broken(Incompressible(9_000_000)), Token));
        Assert.Empty(await depot.QueueAsync());
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Spool));
    }

    private static byte[] Incompressible(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A stream that throws where it should end.</summary>
    private sealed class Broken(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var count ? count : throw new IOException("The client is gone.");
    }
}
