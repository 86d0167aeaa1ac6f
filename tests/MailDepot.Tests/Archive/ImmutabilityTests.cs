using Azure.Core;
using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Tests.Archive;

/// <summary>When a protected blob refuses a write, which only Azure does, it means "already there".</summary>
public sealed class ImmutabilityTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_whose_first_response_was_lost_is_archived_anyway()
    {
        var policy = new Refuses(request => IsPut(request, "/documents/"), afterItWasDone: true);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: policy);
        var mail = A.Mail().Bytes();
        Assert.Equal(mail, await depot.RawAsync(await depot.KeepAsync(mail)));
        Assert.Equal(1, policy.Refused);
    }

    [Fact]
    public async Task A_ledger_file_whose_creation_response_was_lost_is_appended_to()
    {
        var policy = new Refuses(request => IsPut(request, "/ledger/"), afterItWasDone: true);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: policy);
        await depot.KeepAsync(A.Mail().Bytes());
        Assert.Equal(1, policy.Refused);
        Assert.Single(await depot.LedgerAsync());
    }

    [Theory]
    [InlineData(StorageLimits.BlockBytes - 10_000)]
    [InlineData(StorageLimits.BlockBytes + 500_000)]
    public async Task A_large_document_that_already_exists_is_not_sent_again(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = new byte[size];
        new Random(size).NextBytes(mail);
        await depot.KeepAsync(mail, "one@example.com");
        var blocks = Blocks(depot);
        await depot.ReceiveAsync(mail, "one@example.com");
        var spooled = Blocks(depot);
        await depot.ArchiveAllAsync();
        Assert.True(spooled > blocks);
        Assert.Equal(spooled, Blocks(depot));
        Assert.Single(depot.Events, e => e.Kind is EventKind.Duplicate);
    }

    private static long Blocks(TestDepot depot) => depot.Get<RequestCounter>().Requests.GetValueOrDefault("blob put block");

    private static bool IsPut(Request request, string part) =>
        request.Method == RequestMethod.Put
            && request.Uri.Query.Length == 0
            && Uri.UnescapeDataString(request.Uri.Path).Contains(part, StringComparison.Ordinal);
}
