using System.Text;
using MailDepot.Connectors.Receiving;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using Microsoft.Extensions.Options;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Archive;

/// <summary>A mail goes where it was accepted for. A ticket of an earlier version goes where the settings say.</summary>
public sealed class ArchiveContainersTests(AzuriteFixture azurite)
{
    private const string Address = "journal@example.com";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_is_archived_as_it_was_accepted_even_if_the_configuration_changed_since()
    {
        var account = await azurite.NextAccountAsync();
        await using (var before = await DepotAsync(account, "legal", journal: true))
        {
            await SendAsync(before);
        }

        await using var after = await DepotAsync(account, "sales", journal: false);
        await after.ArchiveAllAsync();

        var receipt = Assert.Single(await after.Get<ReceiptLedger>().ReadAllAsync("legal", Token).ToListAsync(Token));
        Assert.NotNull(receipt.Wrapper); // it was taken for a report
        Assert.Equal(new Destination("legal", Journal: true), receipt.Source.Destination);
    }

    [Fact]
    public async Task A_mail_whose_address_left_the_configuration_is_still_archived()
    {
        var account = await azurite.NextAccountAsync();
        await using (var before = await DepotAsync(account, "legal", journal: true))
        {
            await SendAsync(before);
        }

        await using var after = await TestDepot.CreateAsync(
            account,
            more: [new("MailDepot:Recipients:0:Pattern", "a@example.com"), new("MailDepot:Recipients:1:Pattern", "b@example.com")]);
        await after.ArchiveAllAsync();

        Assert.Single(await after.Get<ReceiptLedger>().ReadAllAsync("legal", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_ticket_of_an_earlier_version_goes_where_the_rule_of_its_recipient_says_now()
    {
        await using var depot = await DepotAsync(await azurite.NextAccountAsync(), "legal", journal: true);
        var report = A.JournalReport().Sender("anna@example.com").To("ben@example.com").Around(A.Mail()).Bytes();
        var old = Tickets.For(report, 1, Address);
        Assert.DoesNotContain("container", Encoding.UTF8.GetString(old.Line()), StringComparison.Ordinal);

        await depot.Archiver.ArchiveAsync(Tickets.Inline(old, report), Token);

        var receipt = Assert.Single(await depot.Get<ReceiptLedger>().ReadAllAsync("legal", Token).ToListAsync(Token));
        Assert.NotNull(receipt.Wrapper);
        var again = old with { Source = receipt.Source };
        Assert.Equal(Encoding.UTF8.GetString(old.Line()), Encoding.UTF8.GetString(again.Line())); // nothing is added to its source
    }

    [Fact]
    public async Task A_ticket_of_an_earlier_version_waits_while_no_rule_has_its_address()
    {
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), more: [new("MailDepot:Recipients:1:Pattern", "*@example.org")]);
        var mail = A.Mail().Bytes();
        var wait = await Assert.ThrowsAsync<NotYetException>(
            () => depot.Archiver.ArchiveAsync(Tickets.Inline(Tickets.For(mail, 1, "gone@example.com"), mail), Token));
        Assert.Equal(
            "No entry of MailDepot:Recipients leads from gone@example.com to an archive container: add one, the ticket waits for it.",
            wait.Message);
    }

    private static async Task<TestDepot> DepotAsync(string account, string container, bool journal)
    {
        var depot = await TestDepot.CreateAsync(account, more:
        [
            new("MailDepot:Recipients:0:Pattern", Address),
            new("MailDepot:Recipients:0:Container", container),
            new("MailDepot:Recipients:0:Journal", $"{journal}"),
        ]);
        await depot.Storage.CreateArchiveAsync(container, Token);
        return depot;
    }

    /// <summary>By SMTP, as the endpoint decides.</summary>
    private static async Task SendAsync(TestDepot depot)
    {
        var policy = new RecipientPolicy(depot.Get<IOptions<DepotOptions>>().Value.RecipientMap(), TimeProvider.System);
        var stage = new SmtpStage
        {
            Deciding = () => policy.Decide,
            OnMail = (_, source, mail, ct) => depot.Get<MailSpool>().AcceptAsync(source, mail, ct),
        };
        var report = A.JournalReport().Sender("anna@example.com").To("ben@example.com").Around(A.Mail()).Bytes();
        var call = stage.Call();
        var commands = $"{Ehlo}MAIL FROM:<>\r\nRCPT TO:<{Address}>\r\nBDAT {report.Length} LAST\r\n";
        await call.SendAsync([.. Bytes(commands), .. report, .. Bytes("QUIT\r\n")]);
        (await call.EndAsync()).AssertReplies(["250", "250 2.1.0", "250 2.1.5", "250 2.0.0", "221 2.0.0"]);
    }
}
