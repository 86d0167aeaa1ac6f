using MailDepot.Archive;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;
using MailDepot.Tests.Index;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Archive;

/// <summary>One person in a non-ASCII domain, whose address appears in both spellings.</summary>
public sealed class DomainTests(AzuriteFixture azurite)
{
    private const string ULabel = "ben@bücher.example", ALabel = "ben@xn--bcher-kva.example";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ALabel, ALabel)]
    [InlineData(ALabel, ULabel)]
    [InlineData(ULabel, ALabel)]
    [InlineData(ULabel, "Ben@BÜCHER.example")]
    public async Task Who_is_in_the_header_is_not_hidden_however_the_report_spells_the_domain(string header, string recipient)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var report = A.JournalReport().Sender("anna@example.com").Recipient(recipient).Bcc("eve@bücher.example")
            .Around(A.Mail().To($"Ben <{header}>")).Bytes();

        var receipt = await depot.KeepAsync(report, TestDepot.Journal);

        Assert.Equal(header, Assert.Single(receipt.Mail.To).Address);
        Assert.Equal([recipient, "eve@bücher.example"], receipt.Journal!.Recipients.Select(one => one.Address));
        var ben = Participant.Of(receipt).Single(one => EmailAddress.Key(one.Address) == ALabel);
        Assert.Equal((ParticipantRoles.To | ParticipantRoles.Recipient, ParticipantRoles.None), (ben.Roles, ben.Hidden));
        var listed = Assert.Single((await depot.Get<IndexReader>().ListAsync(null, 10, null, Token)).Mails);
        Assert.Equal((recipient, "eve@bücher.example"), (listed.Recipients, listed.HiddenRecipients));
        Assert.Equal("eve@bücher.example", Participant.Of(receipt).Single(one => one.Hidden is not ParticipantRoles.None).Address);
    }

    [Fact]
    public async Task A_person_is_found_by_either_spelling_whichever_the_mail_and_the_envelope_use()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.KeepAsync(A.Mail().MessageId("1@example.com").To(ALabel).Bytes());
        await depot.KeepAsync(A.Mail().MessageId("2@example.com").To(ULabel).Bytes());
        var envelope = await depot.KeepAsync(A.Mail().MessageId("3@example.com").To(ALabel).Bytes(), ULabel);

        Assert.DoesNotContain(Participant.Of(envelope), one => one.Hidden is not ParticipantRoles.None);
        foreach (var asked in new[] { ALabel, ULabel, "BEN@Bücher.Example" })
        {
            Assert.Equal(3, (await depot.Get<IndexReader>().ListParticipantAsync(asked, null, 10, null, Token)).Mails.Count);
        }
    }

    [Fact]
    public async Task Recipients_of_several_reports_are_merged_by_their_key()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().To(ALabel).Bytes();
        await depot.KeepAsync(
            A.JournalReport().Id("1@journal").Sender("anna@example.com").To(ALabel).Bcc("eve@xn--bcher-kva.example").Around(mail).Bytes(),
            TestDepot.Journal);
        await depot.KeepAsync(
            A.JournalReport().Id("2@journal").Sender("anna@example.com").To(ULabel).Bcc("eve@bücher.example").Around(mail).Bytes(),
            TestDepot.Journal);

        var listed = Assert.Single((await depot.Get<IndexReader>().ListAsync(null, 10, null, Token)).Mails);
        Assert.Equal((2, ALabel, "eve@xn--bcher-kva.example"), (listed.Receipts, listed.Recipients, listed.HiddenRecipients));
    }

    [Fact]
    public async Task Rows_under_the_spelling_of_the_mail_are_reported_by_a_check_and_replaced_by_a_rebuild()
    {
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(3)));
        await depot.KeepAsync(
            A.JournalReport().Sender("anna@example.com").Recipient(ULabel).Around(A.Mail().To(ALabel)).Bytes(), TestDepot.Journal);
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));
        var right = await Inventory.OfRowsAsync(depot);
        var rows = await TestDepot.RowsAsync(depot.Storage.Participants);
        foreach (var row in rows.Where(row => row.PartitionKey.Contains("xn--", StringComparison.Ordinal)))
        {
            // as an earlier version wrote it
            await depot.Storage.Participants.DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: Token);
            row.PartitionKey = row.PartitionKey.Replace(TableKey.Escape(ALabel), TableKey.Escape(ULabel), StringComparison.Ordinal);
            await depot.Storage.Participants.AddEntityAsync(row, Token);
        }

        var found = await IndexRepairTests.CheckAsync(depot);
        Assert.Equal([IndexDifferenceKind.ParticipantMissing, IndexDifferenceKind.Unexplained], found.Select(one => one.Kind).Order());
        await IndexRepairTests.RebuildAsync(depot);

        Assert.Equal(right, await Inventory.OfRowsAsync(depot));
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));
    }

    /// <summary>The digest is from the previous version, which compared domains as spelled.</summary>
    [Fact]
    public void The_delivery_key_of_a_mail_has_not_changed_so_repeated_deliveries_are_still_folded()
    {
        var ticket = Tickets.For([1], 1) with
        {
            Source = new SmtpSource("192.0.2.7", "mx.example.org", " Jürgen@Grün.example", [ALabel, "BEN@Bücher.example", ULabel]),
        };

        Assert.Equal("74c5d15e5e5ed8cff5c3ccf557ea6de5168b05be44ded9ed0ef3e8c9f280f4a0", DeliveryKey.Of(ticket, null).ToString());
    }
}
