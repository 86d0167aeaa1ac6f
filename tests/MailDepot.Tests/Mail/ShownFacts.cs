using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailDepot.Base;
using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>The facts of a mail as JSON for a reviewer: one line per fact, and no line for a fact that is missing.</summary>
internal static class ShownFacts
{
    /// <summary>How many characters are shown of a text that is not ours to publish.</summary>
    private const int Beginning = 60;

    /// <summary>How many digits of a hash are shown.</summary>
    private const int Digits = 12;

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The facts of the mail itself, and only the beginning of its texts.</summary>
    public static async Task<string> OfPublicAsync(byte[] mail)
    {
        var reading = await Read.TextAsync(mail);
        var shown = Facts(reading.Facts);
        Put(shown, "messages", reading.Facts.Messages.Select(Message));
        Put(shown, "texts", reading.Texts.Select(text => new JsonObject
        {
            ["message"] = text.Message,
            ["made"] = Made(text),
            ["characters"] = text.Text.Length,
            ["sha256"] = Digest.Of(Encoding.UTF8.GetBytes(text.Text)).ToString()[..Digits],
            ["begins"] = HeaderAllowance.Cut(text.Text, Beginning),
        }));
        Put(shown, "defect", reading.Defect);
        return Json(shown);
    }

    /// <summary>What the archiver finds in the mail if it arrives at a journal address, and its complete texts.</summary>
    public static async Task<string> OfOwnAsync(byte[] mail)
    {
        var reading = await ArchiverReads.MailAsync(mail, fromJournal: true);
        var found = ArchiverReads.FactsOf(reading);
        var shown = new JsonObject { ["bytes"] = mail.Length, ["sha256"] = Digest.Of(mail).ToString()[..Digits] };
        if (reading.Report is { } report)
        {
            shown["journal"] = Journal(report);
        }

        var flags = found.Flags.Where(flag => flag is not ReceiptFlag.NoReport);
        Put(shown, "receiptFlags", flags.Select(flag => (JsonNode)DepotJson.Word(flag)));
        Put(shown, "doubt", found.Doubt);
        foreach (var (name, value) in Facts(found.Mail))
        {
            shown[name] = value!.DeepClone();
        }

        Put(shown, "messages", found.Mail.Messages.Select(Message));
        var document = reading.Report?.Split is { } split ? mail[(int)split.Offset..(int)(split.Offset + split.Length)] : mail;
        Put(shown, "texts", (await Read.TextAsync(document)).Texts.Select(text => new JsonObject
        {
            ["message"] = text.Message,
            ["made"] = Made(text),
            ["lines"] = new JsonArray([.. text.Text.Split('\n')]),
        }));
        return Json(shown);
    }

    /// <summary>The facts of one message alone, for a comparison.</summary>
    public static string Of(MailFacts facts)
    {
        var shown = Facts(facts);
        Put(shown, "messages", facts.Messages.Select(Message));
        return Json(shown);
    }

    private static string Json(JsonObject shown) => shown.ToJsonString(Indented) + "\n";

    private static JsonObject Journal(JournalReport report)
    {
        var (shown, envelope) = (new JsonObject(), report.Envelope);
        Put(shown, "sender", envelope.Sender);
        Put(shown, "onBehalfOf", envelope.OnBehalfOf);
        Put(shown, "subject", envelope.Subject);
        Put(shown, "messageId", envelope.MessageId);
        Put(shown, "label", envelope.Label);
        Put(shown, "mailbox", envelope.Mailbox);
        Put(shown, "sentUtc", envelope.SentUtc?.ToString("o"));
        Put(shown, "receivedUtc", envelope.ReceivedUtc?.ToString("o"));
        Put(shown, "recipients", envelope.Recipients.Select(to => (JsonNode)(
            $"{DepotJson.Word(to.Kind)} {to.Address}"
            + (to.Expanded is { } list ? $", expanded from {list}" : "")
            + (to.Forwarded is { } by ? $", forwarded by {by}" : ""))));
        if (report.Split is { } split)
        {
            Put(shown, "split", string.Create(CultureInfo.InvariantCulture, $"{split.Length} bytes from byte {split.Offset}"));
        }

        return shown;
    }

    private static JsonNode Message(MessageInside message)
    {
        var inside = new JsonObject { ["depth"] = message.Depth };
        foreach (var (name, value) in Facts(message.Facts))
        {
            inside[name] = value!.DeepClone();
        }

        return inside;
    }

    private static string Made(BodyText text) =>
        $"{DepotJson.Word(text.Form)}, {text.Charset}{(text.CharsetGuessed ? ", guessed" : "")}{(text.IsCut ? ", cut" : "")}";

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
        Put(shown, "attachments", facts.Attachments.Select(file => (JsonNode)(
            $"{file.Name ?? "(no name)"} | {file.ContentType} | {file.FoundType ?? "?"} | {file.Bytes}"
            + $" | {file.Sha256?.ToString()[..Digits] ?? "-"}"
            + (file.UnpackedFrom is { } tnef ? $" | from {tnef}" : ""))));
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
