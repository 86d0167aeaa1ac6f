using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailDepot.Base;
using MailDepot.Host.Terminal;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Views;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot show ID</c>: everything that a receipt says.</summary>
internal static class ShowCommand
{
    public static Command Make()
    {
        var id = ReceiptId.Argument();
        var command = new Command("show", "Show a receipt: the mail's facts, who got it, and where it is kept.") { id };
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            if (await ReceiptId.FindAsync(depot, parsed.GetRequiredValue(id), ct) is not { Receipt: { } receipt } found)
            {
                return CommandLine.NotDone;
            }

            var mail = await depot.Get<MailView>().ShowAsync(receipt, found.FoldedTicket, ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(Flat(mail));
            }
            else
            {
                Print(mail);
            }

            return CommandLine.Done;
        });
        return command;
    }

    /// <summary>For programs: the receipt's own properties, then what follows from them.</summary>
    private static JsonObject Flat(ShownMail mail)
    {
        var flat = JsonSerializer.SerializeToNode(mail.Receipt, DepotJson.Options)!.AsObject();
        var shown = JsonSerializer.SerializeToNode(mail, DepotJson.Options)!.AsObject();
        foreach (var (name, value) in shown.Where(property => property.Key != "receipt"))
        {
            flat[name] = value?.DeepClone();
        }

        return flat;
    }

    private static void Print(ShownMail mail)
    {
        var receipt = mail.Receipt;
        var table = Output.Facts();
        table.Fact("receipt", $"{receipt.Id:D} in {receipt.Container}");
        table.Fact("folded ticket", mail.FoldedTicket is { } ticket ? $"{ticket:D} was the same delivery again" : null);
        table.Fact("received", $"{Output.Time(receipt.Received)} {receipt.Source.Description}");
        table.Fact("subject", receipt.Mail.Subject ?? "(none)");
        table.Fact("date", receipt.Mail.Date?.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture));
        table.Fact("message id", receipt.Mail.MessageId);
        Addresses("from", receipt.Mail.From);
        Addresses("to", receipt.Mail.To);
        Addresses("cc", receipt.Mail.Cc);
        Addresses("bcc", receipt.Mail.Bcc);
        table.Fact("smtp recipients", string.Join(", ", Participant.EnvelopeRecipients(receipt)));
        foreach (var attachment in receipt.Mail.Attachments)
        {
            table.Fact("attachment", $"{attachment.Name ?? "(no name)"}, {attachment.ContentType}, {Output.Size(attachment.Bytes)}");
        }

        table.Fact("journal sender", receipt.Journal?.Sender);
        table.Fact("on behalf of", receipt.Journal?.OnBehalfOf);
        foreach (var recipient in receipt.Journal?.Recipients ?? [])
        {
            var role = recipient.Kind is Journal.RecipientKind.Unknown ? "role unknown" : DepotJson.Word(recipient.Kind);
            var via = (recipient.Expanded is { } list ? $" by list {list}" : "")
                + (recipient.Forwarded is { } by ? $" forwarded by {by}" : "");
            table.Fact("journal recipient", $"{recipient.Address} ({role}){via}");
        }

        var hidden = mail.Participants.Where(one => one.Hidden is not ParticipantRoles.None);
        table.Fact("hidden", string.Join(", ", hidden.Select(one => $"{one.Address} ({DepotJson.Word(one.Hidden)})")));
        table.Fact("document", $"{receipt.Document.Path}, {Output.Size(receipt.Document.Bytes)}");
        table.Fact("as received", $"{Output.Size(receipt.RawBytes)}, SHA-256 {receipt.RawSha256}");
        table.Fact("one document", mail.Receipts.Length == 1
            ? null
            : $"of {mail.Receipts.Length} receipts: {string.Join(", ", mail.Receipts.Select(one => one.ToString("D")))}");
        table.Fact("in place of", receipt.InPlaceOf is { } deleted
            ? $"{deleted:D}, which brought the document and was deleted from quarantine"
            : null);
        table.Fact("flags", receipt.Flags.IsEmpty ? null : string.Join(", ", receipt.Flags.Select(DepotJson.Word)));
        table.Fact("doubt", receipt.Doubt);
        Output.Print(table);

        void Addresses(string name, IEnumerable<EmailAddress> addresses) => table.Fact(name, string.Join(", ", addresses));
    }
}
