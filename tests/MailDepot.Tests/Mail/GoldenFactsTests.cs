namespace MailDepot.Tests.Mail;

/// <summary>The facts of every mail of the corpus, as somebody once read and approved them.</summary>
/// <remarks>
/// <c>MAILDEPOT_GOLDEN=accept</c> writes the facts of today: those of our own mails beside each, in <c>tests/corpus</c>; those
/// of the public ones into <c>tests/MailDepot.Tests/Mail/Golden</c>, with only the beginning of each text. The commit's diff
/// is then what has to be reviewed.
/// </remarks>
public sealed class GoldenFactsTests
{
    /// <summary>Mails whose differences are printed.</summary>
    private const int MostShown = 25;

    [Fact]
    public async Task Facts_of_every_mail_of_the_corpus_are_those_that_were_approved()
    {
        var accept = Environment.GetEnvironmentVariable("MAILDEPOT_GOLDEN") == "accept";
        var differences = new List<string>();
        var mails = Corpus.Mails();
        foreach (var mail in mails)
        {
            var facts = mail.IsOwn ? await ShownFacts.OfOwnAsync(mail.Bytes) : await ShownFacts.OfPublicAsync(mail.Bytes);
            var approved = File.Exists(mail.ApprovedFile) ? await File.ReadAllTextAsync(mail.ApprovedFile, TestContext.Current.CancellationToken) : "";
            if (facts == approved)
            {
                continue;
            }

            differences.Add($"{mail.Name}\n{Difference(approved, facts)}");
            if (accept)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(mail.ApprovedFile)!);
                await File.WriteAllTextAsync(mail.ApprovedFile, facts, TestContext.Current.CancellationToken);
            }
        }

        var stale = Stale([.. mails]);
        if (accept)
        {
            stale.ForEach(File.Delete);
            return;
        }

        Assert.True(
            differences.Count == 0 && stale.Count == 0,
            $"The facts of {differences.Count} mails changed, {stale.Count} golden files have no mail. If they are right, run this test with MAILDEPOT_GOLDEN=accept and review the diff.\n\n"
            + string.Join("\n", differences.Take(MostShown)) + string.Join("\n", stale));
    }

    /// <summary>Approved facts without a mail. Where the public mails are not at hand, nothing is known of theirs.</summary>
    private static List<string> Stale(IReadOnlyCollection<CorpusMail> mails)
    {
        var known = mails.Select(mail => mail.ApprovedFile).ToHashSet(StringComparer.Ordinal);
        string[] roots = mails.All(mail => mail.IsOwn) ? [Corpus.OwnFolder] : [Corpus.OwnFolder, Corpus.PublicFactsFolder];
        return [.. roots.SelectMany(root => Directory.EnumerateFiles(root, "*.json", SearchOption.AllDirectories)).Where(file => !known.Contains(file))];
    }

    /// <summary>Lines that are no more, and lines that are new.</summary>
    private static string Difference(string approved, string now)
    {
        var (old, fresh) = (approved.Split('\n'), now.Split('\n'));
        return string.Concat(old.Except(fresh).Select(line => $"  - {line.Trim()}\n").Concat(fresh.Except(old).Select(line => $"  + {line.Trim()}\n")));
    }
}
