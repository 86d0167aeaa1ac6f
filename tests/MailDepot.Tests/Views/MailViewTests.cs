using MailDepot.Archive;
using MailDepot.Views;

namespace MailDepot.Tests.Views;

/// <summary>What an id, or its beginning, leads to.</summary>
public sealed class MailViewTests(AzuriteFixture azurite)
{
    /// <summary>As many characters of an id as the live picture shows.</summary>
    private const int Beginning = 18;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_id_and_its_beginning_lead_to_the_receipt_and_all_that_follows_from_it()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var receipt = await depot.KeepAsync(A.Mail().Bytes());
        foreach (var text in new[] { $"{receipt.Id:D}", $"{receipt.Id:N}", $"{receipt.Id:D}"[..Beginning] })
        {
            var found = await FindAsync(depot, text);
            Assert.Equal((receipt.Id, receipt.Id, null, null), (found.Id, found.Receipt?.Id, found.FoldedTicket, found.Deleted));
        }

        var shown = await depot.Get<MailView>().ShowAsync(receipt, null, Token);
        Assert.Equal([receipt.Id], shown.Receipts);
        Assert.Contains(shown.Participants, one => one.Address == TestDepot.Office);
    }

    [Fact]
    public async Task The_id_of_a_folded_ticket_leads_to_the_receipt_it_was_folded_into()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        var receipt = await depot.KeepAsync(mail);
        var again = await depot.ReceiveAsync(mail);
        await depot.ArchiveAllAsync();
        var found = await FindAsync(depot, $"{again.Id:D}");
        Assert.Equal((again.Id, receipt.Id, again.Id), (found.Id, found.Receipt?.Id, found.FoldedTicket));
    }

    [Fact]
    public async Task The_id_of_a_deleted_ticket_leads_to_its_deletion()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        var held = await depot.HoldAsync(Tickets.For(mail, 1), mail);
        Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(held, "spam", Token));
        var found = await FindAsync(depot, held.Id);
        Assert.Equal((held.Id, null, "spam"), ($"{found.Id:D}", found.Receipt, found.Deleted?.Why));
        Assert.Equal("spam", (await depot.Get<QuarantineView>().DeletionAsync(held.Name, Token))?.Why);
    }

    [Fact]
    public async Task The_id_of_a_ticket_in_quarantine_and_its_beginning_say_that_it_is_there()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().Bytes();
        var held = await depot.HoldAsync(Tickets.For(mail, 1), mail);
        foreach (var text in new[] { held.Id, held.Id.Replace("-", "", StringComparison.Ordinal), held.Id[..Beginning] })
        {
            var found = await FindAsync(depot, text);
            Assert.Equal((held.Id, null, null, true), ($"{found.Id:D}", found.Receipt, found.Deleted, found.IsQuarantined));
        }
    }

    [Fact]
    public async Task A_beginning_of_several_ids_leads_to_five_of_them_and_one_of_no_id_to_nothing()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mails = Enumerable.Range(0, 6).Select(i => A.Mail().MessageId($"{i}@example.com").Bytes());
        var tickets = await Task.WhenAll(mails.Select(mail => depot.ReceiveAsync(mail)));
        await depot.ArchiveAllAsync();
        var found = await FindAsync(depot, new IdPrefix("all", tickets.Min(ticket => ticket.Id), tickets.Max(ticket => ticket.Id)));
        Assert.Equal((null, null, 5, true), (found.Id, found.Receipt, found.Candidates.Length, found.HasMore));
        Assert.Subset(tickets.Select(ticket => ticket.Id).ToHashSet(), found.Candidates.ToHashSet());

        var nothing = await FindAsync(depot, "01234567");
        Assert.Equal((null, null, null, 0), (nothing.Id, nothing.Receipt, nothing.Deleted, nothing.Candidates.Length));
    }

    [Theory]
    [InlineData("01a22c9", false)] // too short to be looked up
    [InlineData("01a22c99", true)]
    [InlineData("01a22c99-f46e", true)]
    [InlineData("01A22C99F46E71FAB2ED9A344BE3816A", true)]
    [InlineData("01a22c99-f46e-71fa-b2ed-9a344be3816a00", false)]
    [InlineData("01a22c9x", false)]
    public void Eight_hex_digits_and_more_are_the_beginning_of_an_id(string text, bool isOne)
    {
        var prefix = IdPrefix.Parse(text);
        Assert.Equal(isOne, prefix is not null);
        Assert.True(prefix is null || string.CompareOrdinal($"{prefix.First:N}", $"{prefix.Last:N}") <= 0);
    }

    private static Task<FoundMail> FindAsync(TestDepot depot, string text) => FindAsync(depot, IdPrefix.Parse(text)!);

    private static Task<FoundMail> FindAsync(TestDepot depot, IdPrefix prefix) => depot.Get<MailView>().FindAsync(prefix, Token);
}
