using MailDepot.Archive;
using MailDepot.Storage;

namespace MailDepot.Tests.Archive;

/// <summary>A ticket whose delivery had come before has no receipt of its own; its id leads to the receipt that it was folded into.</summary>
public sealed class FoldedTicketTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(500)]
    [InlineData(60_000)]
    public async Task The_id_of_a_folded_delivery_leads_to_the_receipt_whether_it_came_inline_or_by_the_spool(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var octets = new byte[size];
        new Random(size).NextBytes(octets);
        var mail = A.Mail().Attachment("a.bin", "application/octet-stream", octets).Bytes();
        var receipt = await depot.KeepAsync(mail);
        var again = await depot.ReceiveAsync(mail);
        await depot.ArchiveAllAsync();

        Assert.Null(await depot.Reader.FindAsync(again.Id, Token));
        Assert.Equal(receipt.Id, await depot.Get<Deliveries>().FoldedIntoAsync(again.Id, Token));
    }

    [Fact]
    public async Task A_receipt_and_an_id_that_nobody_knows_are_not_folded()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var receipt = await depot.KeepAsync(A.Mail().Bytes());
        Assert.Null(await depot.Get<Deliveries>().FoldedIntoAsync(receipt.Id, Token));
        Assert.Null(await depot.Get<Deliveries>().FoldedIntoAsync(Tickets.Id(1), Token));
    }

    [Fact]
    public async Task Only_a_delivery_that_comes_again_pays_for_the_memory_and_it_pays_one_write()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        await RequestsAsync(depot, mail, 1);
        Assert.Equal("blob head 1, blob put 1, table get 2, table upsert 1", await RequestsAsync(depot, mail, 2));
    }

    /// <summary>What archiving a mail asks of storage.</summary>
    private static async Task<string> RequestsAsync(TestDepot depot, byte[] mail, int number)
    {
        var counter = depot.Get<RequestCounter>();
        var before = counter.Requests.ToDictionary();
        await depot.Archiver.ArchiveAsync(Tickets.Inline(Tickets.For(mail, number), mail), Token);
        return string.Join(", ", counter.Requests
            .Select(operation => (operation.Key, Count: operation.Value - before.GetValueOrDefault(operation.Key)))
            .Where(operation => operation.Count > 0)
            .OrderBy(operation => operation.Key, StringComparer.Ordinal)
            .Select(operation => $"{operation.Key} {operation.Count}"));
    }
}
