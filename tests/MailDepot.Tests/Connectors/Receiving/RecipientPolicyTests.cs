using System.Text;
using MailDepot.Connectors.Receiving;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Connectors.Receiving;

public sealed class RecipientPolicyTests
{
    private static readonly RecipientMap Map = new(
    [
        new RecipientRule("journal@example.com", "main", Journal: true),
        new RecipientRule("*@example.com", "main", Journal: false),
        new RecipientRule("*@example.org", "main", Journal: false),
        new RecipientRule("*@other.example", "other", Journal: false),
    ]);

    [Theory]
    [InlineData("journal@example.com", "main", true)]
    [InlineData("Anna+tag@Example.com", "main", false)]
    [InlineData("ben@other.example", "other", false)]
    public void A_recipient_of_ours_is_accepted_for_the_destination_of_its_rule(string address, string container, bool journal) =>
        Assert.Equal(new Destination(container, journal), Decide(address).Destination);

    [Fact]
    public void A_recipient_that_is_not_ours_is_refused_for_good_whatever_the_first_one_was()
    {
        Assert.Equal(SmtpReply.UnknownRecipient, Decide("anna@elsewhere.example").Refusal);
        Assert.Equal(SmtpReply.UnknownRecipient, Decide("anna@elsewhere.example", new Destination("main", Journal: false)).Refusal);
    }

    [Theory]
    [InlineData("anna@example.com", true)]
    [InlineData("anna@example.org", true)]
    [InlineData("journal@example.com", false)] // journal reports are read there
    [InlineData("ben@other.example", false)]
    public void A_recipient_with_another_destination_than_the_first_is_deferred(string address, bool accepted) =>
        Assert.Equal(accepted ? null : SmtpReply.OtherDestination, Decide(address, new Destination("main", Journal: false)).Refusal);

    [Fact]
    public async Task A_pattern_in_either_spelling_of_a_domain_matches_recipients_in_both_and_the_envelope_keeps_their_spelling()
    {
        foreach (var pattern in new[] { "*@bücher.example", "*@xn--bcher-kva.example" })
        {
            var map = new RecipientMap([new RecipientRule(pattern, "books", Journal: false)]);
            var stage = new SmtpStage { Deciding = () => new RecipientPolicy(map, new FakeTimeProvider()).Decide };
            var played = await stage.PlayAsync(Utf8(
                $"{Ehlo}MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<ben@xn--bcher-kva.example>\r\nRCPT TO:<пост@bücher.example>\r\n"
                + "RCPT TO:<ben@elsewhere.example>\r\nDATA\r\nx\r\n.\r\n"));
            played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "250 2.1.5", "550 5.1.1", "354", "250 2.0.0"]);
            Assert.Equal(["ben@xn--bcher-kva.example", "пост@bücher.example"], played.Mails[0].Source.To);
        }
    }

    private static RecipientDecision Decide(string address, Destination? first = null) =>
        new RecipientPolicy(Map, new FakeTimeProvider()).Decide(address, first, size: null);

    /// <summary>A script is bytes, one per character; these are the bytes of UTF-8.</summary>
    private static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
