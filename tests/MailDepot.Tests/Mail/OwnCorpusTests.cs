using System.Text.RegularExpressions;
using MailDepot.Host.Inspect;
using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Our own mails in <c>tests/corpus</c>: complete, and read the same way wherever they arrive.</summary>
public sealed partial class OwnCorpusTests
{
    /// <summary>How many there are at least. Fewer would mean that files were lost.</summary>
    private const int AtLeast = 150;

    [Fact]
    public void Every_mail_is_named_once_for_what_it_shows_and_has_approved_facts()
    {
        var mails = Corpus.Own();

        Assert.InRange(mails.Length, AtLeast, int.MaxValue);
        Assert.All(mails, mail => Assert.Matches(KindAndName(), mail.Name));
        var names = mails.GroupBy(mail => Path.GetFileName(mail.Name), StringComparer.OrdinalIgnoreCase);
        Assert.Empty(names.Where(same => same.Count() > 1).Select(same => same.Key));
        Assert.Empty(mails.Where(mail => !File.Exists(mail.ApprovedFile)).Select(mail => mail.Name));
    }

    [Fact]
    public void Nothing_else_is_among_them()
    {
        var known = Corpus.Own().SelectMany(mail => new[] { mail.Name, Path.ChangeExtension(mail.Name, ".json") }).Append("README.md");

        Assert.Empty(Directory.EnumerateFiles(Corpus.OwnFolder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Corpus.OwnFolder, file).Replace('\\', '/')).Except(known, StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_mail_has_the_same_facts_by_itself_and_in_a_report()
    {
        var unlike = new List<string>();
        foreach (var mail in Corpus.Own())
        {
            if (await Read.ReportAsync(mail.Bytes) is not null)
            {
                continue;
            }

            var byItself = ShownFacts.Of((await Read.MailAsync(mail.Bytes)).Facts);
            var report = await Read.ReportAsync(A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(mail.Bytes));
            var inside = ShownFacts.Of(report.Inside ?? new MailFacts());
            if (byItself != inside)
            {
                unlike.Add($"{mail.Name}\n{byItself}---\n{inside}");
            }
        }

        Assert.Equal("", string.Join('\n', unlike));
    }

    [Fact]
    public async Task Reader_archiver_and_inspection_find_the_same()
    {
        foreach (var mail in Corpus.Own())
        {
            var plain = await Read.MailAsync(mail.Bytes);
            var office = ArchiverReads.FactsOf(await ArchiverReads.MailAsync(mail.Bytes, fromJournal: false));
            var journal = await ArchiverReads.MailAsync(mail.Bytes, fromJournal: true);
            var journaled = ArchiverReads.FactsOf(journal);
            var inspected = await Inspection.ReadAsync(mail.Name, _ => Read.OpenAsync(mail.Bytes), TestContext.Current.CancellationToken);

            Assert.Equal((mail.Name, ShownFacts.Of(plain.Facts), plain.Defect), (mail.Name, ShownFacts.Of(office.Mail), office.Doubt));
            Assert.Equal(
                (mail.Name, ShownFacts.Of(journaled.Mail), journaled.Doubt),
                (mail.Name, ShownFacts.Of(inspected.Facts), inspected.Doubt));
            if (journal.Report is null)
            {
                Assert.Equal((mail.Name, ShownFacts.Of(plain.Facts)), (mail.Name, ShownFacts.Of(journaled.Mail)));
                Assert.Equal(InspectedKind.Mail, inspected.Is);
            }
            else
            {
                Assert.Equal(
                    journaled.Journal!.Recipients.Select(to => (to.Address, to.Kind)),
                    inspected.Recipients.Select(to => (to.Address, to.Kind)));
                Assert.Equal(
                    (journaled.Journal.Sender, journaled.Journal.MessageId),
                    (inspected.Envelope?.Sender, inspected.Envelope?.MessageId));
            }
        }
    }

    [GeneratedRegex("^[a-z]+(-[a-z]+)*/[a-z0-9]+(-[a-z0-9]+)*\\.eml$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex KindAndName();
}
