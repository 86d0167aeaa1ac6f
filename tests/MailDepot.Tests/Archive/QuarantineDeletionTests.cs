using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Tests.Index;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Archive;

/// <summary>What a person deletes from quarantine, and why, is kept in a ledger as long as the archive itself.</summary>
public sealed class QuarantineDeletionTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_line_says_what_was_deleted_when_and_why()
    {
        var clock = new FakeTimeProvider(Tickets.Noon.AddDays(3));
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);
        var mail = A.Mail().Bytes();
        var ticket = Tickets.For(mail, 1);
        var held = await depot.HoldAsync(ticket, mail, "The key was missing for a day.");
        Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(held, "spam, agreed with Anna", Token));

        var deleted = await depot.Get<Deletions>().FindAsync($"{ticket.Id}", Token);
        Assert.Equal(
            new DeletedTicket
            {
                Name = held.Name,
                Container = TestDepot.Container,
                Ticket = ticket.Id,
                Time = clock.GetUtcNow(),
                Why = "spam, agreed with Anna",
                Quarantined = held.Since,
                Reason = nameof(QuarantineReason.NeverSucceeded),
                Sentence = "The key was missing for a day.",
                Received = ticket.Received,
                Source = deleted!.Source,
                Bytes = mail.Length,
                Sha256 = Digest.Of(mail),
            },
            deleted);
        Assert.Equal(ticket.Source.Description, deleted.Source!.Description);
        Assert.Empty(await depot.LedgerAsync());
    }

    [Theory]
    [InlineData("legal@example.com", "legal")]
    [InlineData("elsewhere@example.com", "default")] // its archive container does not exist
    [InlineData("postmaster", "default")]
    [InlineData("office@example.com", "default")]
    public async Task The_line_is_in_the_ledger_of_the_mails_archive_container_or_of_the_default_one(string recipient, string container)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: new Dictionary<string, string?>
        {
            ["MailDepot:Recipients:1:Pattern"] = "legal@example.com",
            ["MailDepot:Recipients:1:Container"] = "legal",
            ["MailDepot:Recipients:2:Pattern"] = "elsewhere@example.com",
            ["MailDepot:Recipients:2:Container"] = "elsewhere",
        });
        await depot.Storage.CreateArchiveAsync("legal", Token);
        var mail = A.Mail().Bytes();
        var ticket = Tickets.For(mail, 1, recipient);
        Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(await depot.HoldAsync(ticket, mail), "why", Token));
        Assert.Equal(ticket.Id, Assert.Single(await depot.Get<ReceiptLedger>().LastDeletionsAsync(container, null, Token)).Key);
        Assert.Equal(container, (await depot.Get<Deletions>().FindAsync($"{ticket.Id}", Token))?.Container);
    }

    [Fact]
    public async Task A_ticket_from_a_mailbox_says_where_its_mail_belongs()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.Storage.CreateArchiveAsync("legal", Token);
        var mail = A.Mail().Bytes();
        var ticket = Tickets.For(mail, 1) with { Source = new Pop3Source("office", "1", "legal", false) };
        Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(await depot.HoldAsync(ticket, mail), "why", Token));
        Assert.Equal("legal", (await depot.Get<Deletions>().FindAsync($"{ticket.Id}", Token))?.Container);
    }

    [Fact]
    public async Task Without_any_archive_container_nothing_is_deleted_and_the_answer_says_how_to_create_one()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.Storage.Archive(TestDepot.Container).DeleteAsync(cancellationToken: Token);
        var held = await depot.HoldAsync(Tickets.For([1], 1), [1]);
        Assert.Contains(
            "`maildepot container create default`", await depot.Get<QuarantineDeletion>().DeleteAsync(held, "why", Token),
            StringComparison.Ordinal);
        Assert.NotNull(await depot.Get<QuarantinedTickets>().FindAsync(held.Id, Token));
    }

    [Fact]
    public async Task The_deletion_of_a_message_that_is_not_a_ticket_is_kept_under_its_hash()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.Archiver.ArchiveAsync("no ticket"u8.ToArray(), Token);
        var held = Assert.Single(await depot.Get<QuarantinedTickets>().ListAsync(Token).ToListAsync(Token));
        Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(held, "garbage", Token));
        var deleted = await depot.Get<Deletions>().FindAsync(held.Id, Token);
        Assert.Equal(
            (held.Name, (Guid?)null, "garbage", (DateTimeOffset?)null), (deleted!.Name, deleted.Ticket, deleted.Why, deleted.Received));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deletion_that_fails_at_any_call_leaves_the_ticket_or_its_line_and_succeeds_when_repeated(bool afterItWasDone)
    {
        var fault = new FaultAt();
        fault.Stop();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        var mail = A.Mail().Bytes();
        var failures = 0;
        for (var call = 1; ; call++)
        {
            var ticket = Tickets.For(mail, call);
            var held = await depot.HoldAsync(ticket, mail);
            fault.Reset(call, afterItWasDone);
            var failed = await Record.ExceptionAsync(
                () => depot.Get<QuarantineDeletion>().DeleteAsync(held, $"first {call}", Token)) is not null;
            fault.Stop();

            var left = await depot.Get<QuarantinedTickets>().FindAsync(held.Id, Token);
            var deleted = await depot.Get<Deletions>().FindAsync(held.Id, Token);
            Assert.True(
                left is null ? deleted?.Why == $"first {call}" : deleted is null,
                $"call {call}: {(left is null ? "gone" : "there")}, {deleted?.Why ?? "no line"}");
            if (left is not null)
            {
                Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(left, $"again {call}", Token));
                Assert.Equal($"again {call}", (await depot.Get<Deletions>().FindAsync(held.Id, Token))?.Why);
            }

            Assert.Null(await depot.Get<QuarantinedTickets>().FindAsync(held.Id, Token));
            Assert.Contains(
                await depot.Get<EventReader>().ReadAsync(null, 1_000, Token), e => e.Kind is EventKind.Deleted && e.Id == ticket.Id);
            if (!failed)
            {
                break;
            }

            failures++;
        }

        Assert.True(failures >= 6, $"Only {failures} calls to storage failed: the deletion does too little.");
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));
    }

    [Fact]
    public async Task A_deletion_can_be_found_after_the_tables_were_emptied_and_rebuilt()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var held = await depot.HoldAsync(Tickets.For([1], 1), [1]);
        Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(held, "why", Token));
        await IndexRepairTests.EmptyAsync(depot);
        Assert.Null(await depot.Get<Deletions>().FindAsync(held.Id, Token));
        var difference = Assert.Single(await IndexRepairTests.CheckAsync(depot));
        Assert.Equal(
            (IndexDifferenceKind.DeletionMissing, true), (difference.Kind, difference.Text.Contains(held.Id, StringComparison.Ordinal)));
        await IndexRepairTests.RebuildAsync(depot);
        Assert.Equal("why", (await depot.Get<Deletions>().FindAsync(held.Id, Token))?.Why);
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));
    }
}
