using MailDepot.Archive;
using MailDepot.Storage;

namespace MailDepot.Tests.Archive;

/// <summary>A ticket that repeats a delivery has no receipt of its own; its id leads to the receipt it was folded into.</summary>
public sealed class FoldedTicketTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(500)]
    [InlineData(60_000)]
    public async Task The_id_of_a_folded_delivery_leads_to_the_receipt_whether_it_was_inline_or_spooled(int size)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var noise = new byte[size];
        new Random(size).NextBytes(noise);
        var mail = A.Mail().Attachment("a.bin", "application/octet-stream", noise).Bytes();
        var receipt = await depot.KeepAsync(mail);
        var again = await depot.ReceiveAsync(mail);
        await depot.ArchiveAllAsync();

        Assert.Null(await depot.Reader.FindAsync(again.Id, Token));
        Assert.Equal(receipt.Id, await depot.Get<Deliveries>().FoldedIntoAsync(again.Id, Token));
    }

    [Fact]
    public async Task A_receipt_and_an_unknown_id_are_not_folded()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var receipt = await depot.KeepAsync(A.Mail().Bytes());
        Assert.Null(await depot.Get<Deliveries>().FoldedIntoAsync(receipt.Id, Token));
        Assert.Null(await depot.Get<Deliveries>().FoldedIntoAsync(Tickets.Id(1), Token));
    }

    [Fact]
    public async Task Only_a_repeated_delivery_pays_for_the_record_and_only_one_write()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        await RequestsAsync(depot, mail, 1);
        Assert.Equal("blob head 1, blob put 1, table get 2, table upsert 1", await RequestsAsync(depot, mail, 2));
    }

    /// <summary>The storage requests of archiving a mail.</summary>
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
