using Azure.Core;
using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Tests.Archive;

/// <summary>The refusals of protected blobs, which only Azure makes, mean "already there".</summary>
public sealed class ImmutabilityTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_whose_first_answer_got_lost_is_archived_all_the_same()
    {
        var policy = new Refuses(request => IsPut(request, "/documents/"), afterItWasDone: true);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: policy);
        var mail = A.Mail().Bytes();
        Assert.Equal(mail, await depot.RawAsync(await depot.KeepAsync(mail)));
        Assert.Equal(1, policy.Refused);
    }

    [Fact]
    public async Task A_ledger_file_whose_creation_was_answered_too_late_is_written_on()
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
    public async Task A_large_document_that_is_there_is_not_sent_again(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var octets = new byte[size];
        new Random(size).NextBytes(octets);
        await depot.KeepAsync(octets, "one@example.com");
        var blocks = Blocks(depot);
        await depot.ReceiveAsync(octets, "one@example.com");
        var spooled = Blocks(depot);
        await depot.ArchiveAllAsync();
        Assert.True(spooled > blocks);
        Assert.Equal(spooled, Blocks(depot));
        Assert.Single(depot.Events, e => e.Kind is EventKind.Duplicate);
    }

    private static long Blocks(TestDepot depot) => depot.Get<RequestCounter>().Requests.GetValueOrDefault("blob put block");

    private static bool IsPut(Request request, string part) =>
        request.Method == RequestMethod.Put && request.Uri.Query.Length == 0 && Uri.UnescapeDataString(request.Uri.Path).Contains(part, StringComparison.Ordinal);
}
