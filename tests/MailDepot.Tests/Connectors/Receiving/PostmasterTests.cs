using MailDepot.Connectors.Receiving;
using MailDepot.Spool;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Connectors.Receiving;

/// <summary>RFC 5321 §4.5.1 asks for a postmaster. Strangers may write to it, within limits and never into the archive.</summary>
public sealed class PostmasterTests(AzuriteFixture azurite)
{
    private const string Mail = "MAIL FROM:<>\r\n";
    private const string To = "RCPT TO:<Postmaster>\r\n";
    private const string Other = "RCPT TO:<a@depot.example>\r\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Row 25.
    [Theory]
    [InlineData("Postmaster")]
    [InlineData("POSTMASTER@depot.example.net")]
    public async Task It_is_accepted_with_any_domain_and_with_none(string address)
    {
        var played = await Stage().PlayAsync(Ehlo + Mail + $"RCPT TO:<{address}>\r\nDATA\r\nx\r\n.\r\n");
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "354", "250 2.0.0"]);
        Assert.Equal([address], played.Mails[0].Source.To);
        Assert.Equal(("", null), (played.Mails[0].Source.Container, played.Mails[0].Source.Destination));
    }

    [Fact]
    public async Task It_is_alone_in_its_transaction()
    {
        var played = await Stage().PlayAsync(
            Ehlo
            + Mail + To + Other + "RCPT TO:<postmaster@a.example>\r\nRSET\r\n"
            + Mail + Other + To);
        played.AssertReplies(
        [
            "250",
            "250 2.1.0", "250 2.1.5", "452 4.5.3", "452 4.5.3", "250 2.0.0",
            "250 2.1.0", "250 2.1.5", "452 4.5.3",
        ]);
    }

    [Theory]
    [InlineData(65_536, "250 2.1.5")]
    [InlineData(65_537, "552 5.3.4")]
    public async Task What_is_announced_larger_than_64_KB_is_refused_at_once(long size, string reply)
    {
        var played = await Stage().PlayAsync(Ehlo + $"MAIL FROM:<> SIZE={size}\r\n" + To);
        played.AssertReplies(["250", "250 2.1.0", reply]);
    }

    [Theory]
    [InlineData(65_536, "250 2.0.0")]
    [InlineData(65_537, "552 5.3.4")]
    public async Task What_is_larger_than_64_KB_is_refused_by_DATA_and_by_BDAT(int size, string reply)
    {
        var text = new string('x', size - 2) + "\r\n";
        var played = await Stage().PlayAsync(
            Ehlo
            + Mail + To + $"DATA\r\n{text}.\r\n"
            + Mail + To + $"BDAT {size} LAST\r\n{text}"
            + Mail + Other + $"DATA\r\n{text}.\r\n");
        played.AssertReplies(
        [
            "250",
            "250 2.1.0", "250 2.1.5", "354", reply,
            "250 2.1.0", "250 2.1.5", reply,
            "250 2.1.0", "250 2.1.5", "354", "250 2.0.0",
        ]);
    }

    [Fact]
    public async Task The_eleventh_in_an_hour_is_put_off()
    {
        var played = await Stage().PlayAsync(Ehlo + string.Concat(Enumerable.Repeat(Mail + To + "RSET\r\n", 11)));
        string[] accepted = ["250 2.1.0", "250 2.1.5", "250 2.0.0"];
        played.AssertReplies(
            ["250", .. Enumerable.Repeat(accepted, 10).SelectMany(replies => replies), "250 2.1.0", "450 4.7.1", "250 2.0.0"]);
    }

    [Fact]
    public void A_place_is_free_again_an_hour_after_it_was_taken()
    {
        var clock = new FakeTimeProvider();
        var quota = new PostmasterQuota(mails: 2, clock);
        Assert.True(quota.TryTake());
        clock.Advance(TimeSpan.FromMinutes(30));
        Assert.True(quota.TryTake());
        clock.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromTicks(1));
        Assert.False(quota.TryTake());
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(quota.TryTake());
        Assert.False(quota.TryTake());
    }

    [Fact]
    public async Task A_rule_for_postmaster_makes_it_a_recipient_like_any_other()
    {
        var played = await Stage(new RecipientRule("postmaster", "main", Journal: false))
            .PlayAsync(Ehlo + "MAIL FROM:<> SIZE=100000\r\nRCPT TO:<Postmaster>\r\nRCPT TO:<a@depot.example>\r\n");
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "250 2.1.5"]);
    }

    [Fact]
    public async Task Its_mail_goes_to_quarantine_with_its_reason_and_comes_back_there_when_released()
    {
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), more: [new("MailDepot:Recipients:1:Pattern", "*@example.com")]);
        var ticket = await depot.ReceiveAsync(A.Mail().Bytes(), "Postmaster");
        await depot.ArchiveAllAsync();
        var (reason, sentence, _) = await depot.QuarantinedAsync();
        Assert.Equal(nameof(QuarantineReason.Postmaster), reason);
        Assert.Equal(
            "A mail from <> is for Postmaster and not for the archive: read it with `maildepot quarantine get`, "
            + "then delete it from quarantine.",
            sentence);

        var view = depot.Get<QuarantinedTickets>();
        var held = Assert.Single(await view.ListAsync(Token).ToListAsync(Token));
        Assert.Equal(ticket.Id, (await view.TicketAsync(held, Token))!.Id);
        await view.ReleaseAsync(held, Token);
        await depot.ArchiveAllAsync();
        Assert.Equal(held.Id, Assert.Single(await view.ListAsync(Token).ToListAsync(Token)).Id);
        Assert.Empty(await depot.DocumentNamesAsync());
        Assert.Empty(await depot.LedgerAsync());
    }

    [Fact]
    public async Task With_a_rule_its_mail_is_archived()
    {
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), more: [new("MailDepot:Recipients:1:Pattern", "postmaster@example.com")]);
        Assert.Equal(TestDepot.Container, (await depot.KeepAsync(A.Mail().Bytes(), "Postmaster@example.com")).Container);
    }

    private static SmtpStage Stage(params RecipientRule[] more)
    {
        var map = new RecipientMap([new RecipientRule("*@depot.example", "main", Journal: false), .. more]);
        return new() { Deciding = () => new RecipientPolicy(map, new FakeTimeProvider()).Decide };
    }
}
