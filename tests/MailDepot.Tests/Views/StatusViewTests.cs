using MailDepot.Views;

namespace MailDepot.Tests.Views;

public sealed class StatusViewTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_waits_is_on_the_queue_and_what_is_archived_in_its_container()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.KeepAsync(A.Mail().Bytes());
        var waiting = await depot.ReceiveAsync(A.Mail().MessageId("waits@example.com").Bytes());
        await depot.HoldAsync(Tickets.For([1], 1), [1]);

        var status = await depot.Get<StatusView>().ReadAsync(Token);
        Assert.Equal((1, 0, 1), (status.Queue.Depth, status.Queue.Spooled, status.Queue.Quarantined));
        Assert.NotNull(status.Queue.Oldest);
        var (name, count) = Assert.Single(status.Containers);
        Assert.Equal((TestDepot.Container, 1, 1), (name, count.Documents, count.Receipts));

        var queues = depot.Get<QueuesView>();
        Assert.True(await queues.ShowsAsync(waiting.Id, Token));
        await depot.ArchiveAllAsync();
        Assert.False(await queues.ShowsAsync(waiting.Id, Token));
    }

    [Fact]
    public async Task Archive_containers_are_named_in_alphabetical_order()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.Storage.CreateAsync(["legal", "accounts"], Token);
        var containers = depot.Get<ContainersView>();
        Assert.Equal(["accounts", "default", "legal"], await containers.NamesAsync(Token));
        Assert.Equal(["accounts", "default", "legal"], (await containers.CountAsync(Token)).Keys);
        Assert.True(await containers.HasAsync("legal", Token));
        Assert.False(await containers.HasAsync("Legal", Token));
    }
}
