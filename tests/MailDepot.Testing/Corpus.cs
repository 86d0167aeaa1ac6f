using System.Collections.Immutable;
using MailDepot.Mail;

namespace MailDepot.Testing;

/// <summary>Whole mails to read, broken ones among them: our own, and those of other mail programs where they are at hand.</summary>
/// <remarks>
/// Our own are in <c>tests/corpus</c>, in every clone. The others come from the tests of other mail programs; they are
/// not ours to publish, so they lie beside the repository, and a clone without them runs the same tests on our own alone.
/// </remarks>
internal static class Corpus
{
    private static readonly string PublicRoot = Path.Combine(Clone.Top, "..", "shared", "corpus");
    private static readonly Lazy<ImmutableArray<CorpusMail>> OwnMails = new(ReadOwn), PublicMails = new(ReadPublic);

    /// <summary>Where our own mails are, each with its approved facts beside it.</summary>
    public static string OwnFolder { get; } = Clone.Path("tests/corpus");

    /// <summary>Where the approved facts of the public mails are.</summary>
    public static string PublicFactsFolder { get; } = Clone.Path("tests/MailDepot.Tests/Mail/Golden");

    /// <summary>All that are at hand, our own first.</summary>
    public static ImmutableArray<CorpusMail> Mails() => [.. Own(), .. Public()];

    /// <summary>Our own, in the order of their names.</summary>
    public static ImmutableArray<CorpusMail> Own() => OwnMails.Value;

    /// <summary>Those of other programs, with the hash that their index states; none where they are not at hand.</summary>
    public static ImmutableArray<CorpusMail> Public() => PublicMails.Value;

    private static ImmutableArray<CorpusMail> ReadOwn() => [.. Directory.EnumerateFiles(OwnFolder, "*.eml", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .Select(file => (File: file, Bytes: File.ReadAllBytes(file)))
        .Select(mail => new CorpusMail(
            Path.GetRelativePath(OwnFolder, mail.File).Replace('\\', '/'), mail.Bytes, Digest.Of(mail.Bytes).ToString(),
            Path.ChangeExtension(mail.File, ".json"), IsOwn: true))];

    private static ImmutableArray<CorpusMail> ReadPublic()
    {
        var index = Path.Combine(PublicRoot, "INDEX.tsv");
        return !File.Exists(index) ? [] : [.. File.ReadLines(index).Skip(1).Select(line => line.Split('\t')).Select(row => new CorpusMail(
            row[5], File.ReadAllBytes(Path.Combine(PublicRoot, "mails", row[5])), row[7], Path.Combine(PublicFactsFolder, row[5] + ".json"),
            IsOwn: false))];
    }
}

/// <summary>One mail of the corpus.</summary>
/// <param name="Name">Its path: <c>date/without-weekday.eml</c>.</param>
/// <param name="Bytes">As it would come over the wire.</param>
/// <param name="Sha256">Of these bytes.</param>
/// <param name="ApprovedFile">The path of its approved facts.</param>
/// <param name="IsOwn">We wrote it.</param>
internal sealed record CorpusMail(string Name, byte[] Bytes, string Sha256, string ApprovedFile, bool IsOwn);
