namespace MailDepot.Tests.Mail;

/// <summary>The facts of every mail in the corpus, as a person read and approved them.</summary>
/// <remarks>
/// <c>MAILDEPOT_GOLDEN=accept</c> writes the facts as they are now: for our own mails beside each, in <c>tests/corpus</c>; for
/// the public ones into <c>tests/MailDepot.Tests/Mail/Golden</c>, with only the beginning of each text. Then review the commit's
/// diff.
/// </remarks>
public sealed class GoldenFactsTests
{
    /// <summary>How many mails have their differences printed.</summary>
    private const int MaxShown = 25;

    [Fact]
    public async Task Facts_of_every_mail_in_the_corpus_are_the_approved_ones()
    {
        var accept = Environment.GetEnvironmentVariable("MAILDEPOT_GOLDEN") == "accept";
        var differences = new List<string>();
        var mails = Corpus.Mails();
        foreach (var mail in mails)
        {
            var facts = mail.IsOwn ? await ShownFacts.OfOwnAsync(mail.Bytes) : await ShownFacts.OfPublicAsync(mail.Bytes);
            var approved = File.Exists(mail.ApprovedFile)
                ? await File.ReadAllTextAsync(mail.ApprovedFile, TestContext.Current.CancellationToken)
                : "";
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
            $"The facts of {differences.Count} mails changed, and {stale.Count} golden files have no mail. "
            + "If that is right, run this test with MAILDEPOT_GOLDEN=accept and review the diff.\n\n"
            + string.Join("\n", differences.Take(MaxShown)) + string.Join("\n", stale));
    }

    /// <summary>Approved facts without a mail. Without the public mails, nothing can be said about theirs.</summary>
    private static List<string> Stale(IReadOnlyCollection<CorpusMail> mails)
    {
        var known = mails.Select(mail => mail.ApprovedFile).ToHashSet(StringComparer.Ordinal);
        string[] roots = mails.All(mail => mail.IsOwn) ? [Corpus.OwnFolder] : [Corpus.OwnFolder, Corpus.PublicFactsFolder];
        var files = roots.SelectMany(root => Directory.EnumerateFiles(root, "*.json", SearchOption.AllDirectories));
        return [.. files.Where(file => !known.Contains(file))];
    }

    /// <summary>Lines that are gone, and lines that are new.</summary>
    private static string Difference(string approved, string now)
    {
        var (old, fresh) = (approved.Split('\n'), now.Split('\n'));
        var gone = old.Except(fresh).Select(line => $"  - {line.Trim()}\n");
        var added = fresh.Except(old).Select(line => $"  + {line.Trim()}\n");
        return string.Concat(gone.Concat(added));
    }
}
