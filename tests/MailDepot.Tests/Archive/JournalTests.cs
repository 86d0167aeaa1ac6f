using System.Text;
using MailDepot.Base;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Tests.Archive;

/// <summary>Journal reports of every shape, from the connector to the list.</summary>
public sealed class JournalTests(AzuriteFixture azurite)
{
    /// <summary>The envelope of a report that is packed in a winmail.dat.</summary>
    private const string PackedEnvelope = "Sender: anna@example.com\nSubject: Привет\nMessage-ID: <offer-1@example.com>\n"
        + "To: ben@example.org\nBcc: cleo@example.org, Expanded: all@example.org\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_shape_is_one_receipt_of_the_same_mail_and_reads_back_byte_for_byte()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().To("ben@example.org").Bytes();
        foreach (var shape in ReportShapes.Split)
        {
            var report = Numbered(shape, mail);
            var receipt = await depot.KeepAsync(report, TestDepot.Journal);

            Assert.Equal((shape.Name, Digest.Of(mail)), (shape.Name, receipt.Document.Sha256));
            Assert.Equal(report, await depot.RawAsync(receipt));
            Assert.Equal(mail, await depot.DocumentAsync(receipt));
            Assert.Empty(receipt.Flags);
            Assert.NotNull(receipt.Wrapper); // so the document does not name hidden recipients
        }

        var listed = Assert.Single((await depot.Get<IndexReader>().ListAsync(null, 10, null, Token)).Mails);
        Assert.Equal(
            (ReportShapes.Split.Length, "ben@example.org", "cleo@example.org, journal@example.net"),
            (listed.Receipts, listed.Recipients, listed.HiddenRecipients));
        var hidden = Assert.Single((await depot.Get<IndexReader>().ListParticipantAsync("cleo@example.org", null, 10, null, Token)).Mails);
        Assert.Equal(("bcc", "bcc"), (hidden.Roles, hidden.HiddenRoles));
    }

    [Fact]
    public async Task Every_shape_that_is_kept_whole_reads_back_byte_for_byte_is_flagged_and_its_people_are_found()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var ids = new List<Guid>();
        foreach (var shape in ReportShapes.Whole)
        {
            var report = Numbered(shape, A.Mail().To("ben@example.org").Bytes());
            var receipt = await depot.KeepAsync(report, TestDepot.Journal);
            ids.Insert(0, receipt.Id);

            Assert.Equal(report, await depot.RawAsync(receipt));
            Assert.Equal(report, await depot.DocumentAsync(receipt));
            Assert.Equal([shape.Name == "two mails" ? ReceiptFlag.SeveralMails : ReceiptFlag.JournalUncertain], receipt.Flags);
            Assert.NotNull(receipt.Doubt);
            Assert.True(receipt is { Journal: not null, Wrapper: null }); // the document is the report and names hidden recipients
            Assert.Equal(("Offer", shape.Name), (receipt.Mail.Subject, shape.Name));
        }

        var index = depot.Get<IndexReader>();
        Assert.Equal(ids, (await index.ListParticipantAsync("cleo@example.org", null, 10, null, Token)).Mails.Select(mail => mail.Id));
        Assert.Equal(ids, (await index.ListParticipantAsync("all@example.org", null, 10, null, Token)).Mails.Select(mail => mail.Id));
        Assert.Equal(ids, (await index.ListFlaggedAsync(null, null, 10, null, Token)).Mails.Select(mail => mail.Id));
    }

    [Fact]
    public async Task Every_shape_outside_a_journal_address_is_an_ordinary_mail()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        foreach (var shape in ReportShapes.Split.AddRange(ReportShapes.Whole))
        {
            var report = Numbered(shape, A.Mail().Bytes());
            var receipt = await depot.KeepAsync(report);
            Assert.Equal((Digest.Of(report), null, null), (receipt.Document.Sha256, receipt.Journal, receipt.Wrapper));
            Assert.Empty(receipt.Flags);
        }

        Assert.Empty((await depot.Get<IndexReader>().ListParticipantAsync("cleo@example.org", null, 10, null, Token)).Mails);
    }

    /// <summary>
    /// What Exchange really does: forks for inside and outside, a second rule, both ends of a hybrid, one report bounced.
    /// </summary>
    [Fact]
    public async Task Several_reports_of_one_mail_are_one_line_with_all_recipients_and_redelivered_ones_change_nothing()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = A.Mail().MessageId(null).To("ben@example.org").Cc("team@example.com").Bytes();
        ReportDraft Report(string id) => A.JournalReport().Id(id).Sender("anna@example.com").Subject("Offer");
        byte[][] reports =
        [
            Report("fork-outside@journal").To("ben@example.org").Around(mail).Bytes(),
            Report("fork-inside@journal").Cc("cleo@example.com", expanded: "team@example.com")
                .Cc("dora@example.com", expanded: "team@example.com").Around(mail).Bytes(),
            Report("second-rule@journal").To("ben@example.org").Bcc("emil@example.com", forwarded: "fred@example.com").Around(mail).Bytes(),
            A.Bounce(Report("hybrid@journal").Recipient("ben@example.org").Around(mail).Bytes()),
            Report("hybrid@journal").Recipient("ben@example.org").EnvelopeIn("base64").Around(mail).Bytes(),
            Report("fork-inside@journal").Cc("cleo@example.com", expanded: "team@example.com")
                .Cc("dora@example.com", expanded: "team@example.com").Around(mail).Bytes(),
        ];
        var ids = new List<Guid>();
        foreach (var report in reports)
        {
            ids.Add((await depot.ReceiveAsync(report, TestDepot.Journal)).Id);
            await depot.ArchiveAllAsync();
        }

        var listed = Assert.Single((await depot.Get<IndexReader>().ListAsync(null, 10, null, Token)).Mails);
        Assert.Equal(
            (4, "ben@example.org", "cleo@example.com, dora@example.com, emil@example.com"),
            (listed.Receipts, listed.Recipients, listed.HiddenRecipients));
        Assert.Equal(
            ids[..4], await depot.Get<IndexReader>().ReceiptsOfDocumentAsync((await depot.Reader.FindAsync(ids[3], Token))!, Token));
        Assert.Equal(ids[..4], (await depot.LedgerAsync()).Select(receipt => receipt.Id));
        foreach (var (id, report) in ids.Zip(reports).Take(4))
        {
            Assert.Equal(report, await depot.RawAsync((await depot.Reader.FindAsync(id, Token))!));
        }

        string[] people =
        [
            "ben@example.org", "cleo@example.com", "team@example.com", "emil@example.com", "fred@example.com", "anna@example.com",
        ];
        foreach (var person in people)
        {
            Assert.Single((await depot.Get<IndexReader>().ListParticipantAsync(person, null, 10, null, Token)).Mails);
        }
    }

    [Fact]
    public async Task The_same_message_id_with_different_content_and_mails_without_one_are_different_mails()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        MailDraft[] mails =
        [
            A.Mail().Text("one\n"), A.Mail().Text("other\n"),
            A.Mail().MessageId(null).Text("one\n"), A.Mail().MessageId(null).Text("other\n"),
        ];
        foreach (var (number, mail) in mails.Index())
        {
            await depot.KeepAsync(
                A.JournalReport().Sender("anna@example.com").To("ben@example.org").Id($"{number}@journal").Around(mail).Bytes(),
                TestDepot.Journal);
        }

        var page = await depot.Get<IndexReader>().ListAsync(null, 10, null, Token);
        Assert.Equal([1, 1, 1, 1], page.Mails.Select(mail => mail.Receipts));
        Assert.Equal(4, (await depot.DocumentNamesAsync()).Count);
    }

    [Fact]
    public async Task A_report_in_a_winmail_dat_is_kept_whole_its_people_are_found_and_only_the_Bcc_is_hidden()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var bare = new TnefDraft().Properties(TnefDraft.Unicode(0x0037, "Offer"), TnefDraft.Unicode(0x1035, "<offer-1@example.com>"));
        var tnef = new TnefDraft().Properties(TnefDraft.Unicode(0x1000, PackedEnvelope)).Message(bare).Bytes();
        var raw = Encoding.UTF8.GetBytes(
            "From: Anna Lind <anna@example.com>\r\nTo: Ben <ben@example.org>\r\nSubject: Offer\r\nDate: Mon, 23 Nov 2026 15:05:09 +0100\r\n"
            + "Message-ID: <report@journal>\r\nX-MS-Journal-Report:\r\nMIME-Version: 1.0\r\n"
            + "Content-Type: application/ms-tnef; name=winmail.dat\r\n"
            + $"Content-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(tnef, Base64FormattingOptions.InsertLineBreaks)}\r\n");
        var receipt = await depot.KeepAsync(raw, TestDepot.Journal);

        Assert.Equal(raw, await depot.DocumentAsync(receipt));
        Assert.Equal([ReceiptFlag.JournalUncertain], receipt.Flags);
        Assert.Equal("The mail of the report is packed in a winmail.dat (TNEF).", receipt.Doubt);
        Assert.True(receipt is { Journal: not null, Wrapper: null }); // the document is the report and names hidden recipients
        Assert.Equal(
            ("Offer", "offer-1@example.com", "report@journal"), (receipt.Mail.Subject, receipt.Mail.MessageId, receipt.ReportMessageId));
        Assert.Equal(["cleo@example.org (bcc)", "all@example.org (expanded)"], Hidden(receipt));
        Assert.Equal(["ben@example.org"], IndexRows.Recipients(receipt, hidden: false));
        foreach (var person in new[] { "anna@example.com", "ben@example.org", "cleo@example.org", "all@example.org" })
        {
            Assert.Single((await depot.Get<IndexReader>().ListParticipantAsync(person, null, 10, null, Token)).Mails);
        }

        static IEnumerable<string> Hidden(Receipt receipt) => Participant.Of(receipt)
            .Where(one => one.Hidden is not ParticipantRoles.None)
            .Select(one => $"{one.Address} ({DepotJson.Word(one.Hidden)})")
            .OrderDescending(StringComparer.Ordinal);
    }

    /// <summary>Gives each shape its own Message-ID, so that no two are the same delivery.</summary>
    private static byte[] Numbered(ReportShape shape, byte[] mail)
    {
        var text = Encoding.Latin1.GetString(shape.Around(mail, false));
        var number = $"{ReportShapes.Split.AddRange(ReportShapes.Whole).IndexOf(shape):d8}";
        return Encoding.Latin1.GetBytes(
            text.Replace("5f0d0bd4", number, StringComparison.Ordinal).Replace("again@", $"{number}@", StringComparison.Ordinal));
    }
}
