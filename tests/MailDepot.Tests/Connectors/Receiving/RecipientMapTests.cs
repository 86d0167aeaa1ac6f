using MailDepot.Connectors.Receiving;

namespace MailDepot.Tests.Connectors.Receiving;

public sealed class RecipientMapTests
{
    private static readonly RecipientMap Map = new(
    [
        new RecipientRule("*", "rest", Journal: false),
        new RecipientRule("*@example.com", "company", Journal: false),
        new RecipientRule("Journal@example.com", "journal", Journal: true),
        new RecipientRule("journal+tagged@example.com", "tagged", Journal: true),
    ]);

    [Theory]
    [InlineData("journal@example.com", "journal")]
    [InlineData(" JOURNAL@Example.Com ", "journal")]
    [InlineData("journal+eu@example.com", "journal")]
    [InlineData("Journal+eu+west@example.com", "journal")]
    [InlineData("journal+tagged@example.com", "tagged")]
    [InlineData("journal+eu@example.org", "rest")]
    [InlineData("+journal@example.com", "company")]
    [InlineData("\"journal+eu\"@example.com", "company")]
    [InlineData("anna@example.com", "company")]
    [InlineData("anna@mail.example.com", "rest")]
    [InlineData("\"odd@local\"@example.com", "company")]
    [InlineData("ben@example.org", "rest")]
    public void Closest_rule_wins(string address, string container) => Assert.Equal(container, Map.Find(address)?.Container);

    [Fact]
    public void Address_without_a_rule_is_not_ours() =>
        Assert.Null(new RecipientMap([new RecipientRule("*@example.com", "company", Journal: false)]).Find("ben@example.org"));

    [Theory]
    [InlineData("*@bücher.example", "ben@xn--bcher-kva.example")]
    [InlineData("*@xn--bcher-kva.example", "ben@bücher.example")]
    [InlineData("*@xn--bcher-kva.example", "ben@BÜCHER.EXAMPLE")]
    [InlineData("ben@bücher.example", "Ben+tag@xn--bcher-kva.example")]
    [InlineData("пост@пример.example", "пост@xn--e1afmkfd.example")]
    public void A_recipient_pattern_matches_both_spellings(string pattern, string recipient) =>
        Assert.Equal("books", new RecipientMap([new RecipientRule(pattern, "books", Journal: false)]).Find(recipient)?.Container);
}
