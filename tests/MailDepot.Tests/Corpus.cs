using System.Collections.Immutable;

namespace MailDepot.Tests;

/// <summary>Mails from the tests of other mail programs, broken ones among them, which lie beside the repository.</summary>
internal static class Corpus
{
    private static readonly string Root = Path.Combine(Clone.Top, "..", "shared", "corpus");

    /// <summary>Every mail with the size and hash that its index states.</summary>
    public static ImmutableArray<CorpusMail> Mails()
    {
        var index = Path.Combine(Root, "INDEX.tsv");
        Assert.SkipUnless(File.Exists(index), $"The corpus of foreign mails is not there: {index}");
        return [.. File.ReadLines(index).Skip(1).Select(line => line.Split('\t')).Select(row => new CorpusMail(
            row[5], File.ReadAllBytes(Path.Combine(Root, "mails", row[5])), row[7]))];
    }
}

/// <summary>One mail of the corpus.</summary>
internal sealed record CorpusMail(string Name, byte[] Bytes, string Sha256);
