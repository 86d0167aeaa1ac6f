using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>The facts of every mail of the corpus, as somebody once read and approved them.</summary>
/// <remarks>
/// <c>MAILDEPOT_GOLDEN=accept</c> writes the facts of today into <c>tests/MailDepot.Tests/Mail/Golden</c>; the commit's
/// diff is then what has to be reviewed. Of texts only their beginning is there: the mails are not ours to publish.
/// </remarks>
public sealed class GoldenFactsTests
{
    /// <summary>Characters of a text that are shown.</summary>
    private const int Beginning = 60;

    /// <summary>Mails whose differences are printed.</summary>
    private const int MostShown = 25;

    private static readonly string Root = Clone.Path("tests/MailDepot.Tests/Mail/Golden");

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Facts_of_every_mail_of_the_corpus_are_those_that_were_approved()
    {
        var accept = Environment.GetEnvironmentVariable("MAILDEPOT_GOLDEN") == "accept";
        var differences = new List<string>();
        var files = new HashSet<string>(StringComparer.Ordinal);
        foreach (var mail in Corpus.Mails())
        {
            var file = Path.Combine(Root, mail.Name + ".json");
            files.Add(file);
            var facts = Shown(await Read.TextAsync(mail.Bytes));
            var approved = File.Exists(file) ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : "";
            if (facts == approved)
            {
                continue;
            }

            differences.Add($"{mail.Name}\n{Difference(approved, facts)}");
            if (accept)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllTextAsync(file, facts, TestContext.Current.CancellationToken);
            }
        }

        var stale = Directory.Exists(Root) ? Directory.EnumerateFiles(Root, "*.json", SearchOption.AllDirectories).Where(file => !files.Contains(file)).ToList() : [];
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

    /// <summary>Lines that are no more, and lines that are new.</summary>
    private static string Difference(string approved, string now)
    {
        var (old, fresh) = (approved.Split('\n'), now.Split('\n'));
        return string.Concat(old.Except(fresh).Select(line => $"  - {line.Trim()}\n").Concat(fresh.Except(old).Select(line => $"  + {line.Trim()}\n")));
    }

    private static string Shown(MailReading mail)
    {
        var facts = Facts(mail.Facts);
        Put(facts, "messages", mail.Facts.Messages.Select(message =>
        {
            var inside = new JsonObject { ["depth"] = message.Depth };
            foreach (var (name, value) in Facts(message.Facts).ToList())
            {
                inside[name] = value!.DeepClone();
            }

            return inside;
        }));
        Put(facts, "texts", mail.Texts.Select(text => new JsonObject
        {
            ["message"] = text.Message,
            ["made"] = $"{DepotJson.Word(text.Form)}, {text.Charset}{(text.CharsetGuessed ? ", guessed" : "")}{(text.IsCut ? ", cut" : "")}",
            ["characters"] = text.Text.Length,
            ["sha256"] = Digest.Of(System.Text.Encoding.UTF8.GetBytes(text.Text)).ToString()[..12],
            ["begins"] = HeaderAllowance.Cut(text.Text, Beginning),
        }));
        Put(facts, "defect", mail.Defect);
        return facts.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Facts(MailFacts facts)
    {
        var shown = new JsonObject();
        Put(shown, "messageId", facts.MessageId);
        Put(shown, "date", facts.Date?.ToString("o"));
        Put(shown, "dateText", facts.DateText);
        Put(shown, "subject", facts.Subject);
        Put(shown, "from", facts.From.Select(Text));
        Put(shown, "sender", facts.Sender?.ToString());
        Put(shown, "replyTo", facts.ReplyTo.Select(Text));
        Put(shown, "to", facts.To.Select(Text));
        Put(shown, "cc", facts.Cc.Select(Text));
        Put(shown, "bcc", facts.Bcc.Select(Text));
        Put(shown, "flags", facts.Flags.Select(flag => (JsonNode)DepotJson.Word(flag)));
        Put(shown, "attachments", facts.Attachments.Select(file => (JsonNode)
            $"{file.Name ?? "(no name)"} | {file.ContentType} | {file.FoundType ?? "?"} | {file.Bytes} | {file.Sha256?.ToString()[..12] ?? "-"}{(file.UnpackedFrom is { } tnef ? $" | from {tnef}" : "")}"));
        return shown;

        static JsonNode Text(EmailAddress address) => address.ToString();
    }

    private static void Put(JsonObject shown, string name, string? value)
    {
        if (value is not null)
        {
            shown[name] = value;
        }
    }

    private static void Put(JsonObject shown, string name, IEnumerable<JsonNode> values)
    {
        if (values.ToArray() is { Length: > 0 } some)
        {
            shown[name] = new JsonArray(some);
        }
    }
}
