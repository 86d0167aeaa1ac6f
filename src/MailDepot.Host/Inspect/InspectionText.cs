using System.Globalization;
using MailDepot.Base;
using MailDepot.Host.Terminal;
using MailDepot.Journal;
using MailDepot.Mail;
using Spectre.Console;

namespace MailDepot.Host.Inspect;

/// <summary>An inspection for people: one line per fact; missing facts are left out.</summary>
internal sealed class InspectionText
{
    /// <summary>How many lines of a text are shown, and how many characters of each.</summary>
    private const int Lines = 6, LineLength = 100;

    private readonly Table table = Output.Facts();

    /// <summary>Prints it, and an empty line after it.</summary>
    public static void Print(Inspection mail)
    {
        var text = new InspectionText();
        text.table.Fact("file", mail.File);
        text.table.Fact("is", mail.Is switch
        {
            InspectedKind.Report => "a journal report, if it came to a journal address; the mail inside is the document",
            InspectedKind.UncertainReport => "something that claims to be a journal report; it is kept whole",
            _ => "a mail",
        });
        text.table.Fact("size", $"{Output.Size(mail.Bytes)}, SHA-256 {mail.Sha256}");
        text.Header(mail.Facts);
        text.Envelope(mail);
        text.Parts(mail);
        text.Body(mail.Text);
        text.Why(mail);
        Output.Print(text.table);
        Console.WriteLine();
    }

    private void Header(MailFacts facts)
    {
        table.Fact("subject", facts.Subject ?? "(none)");
        table.Fact("date", (facts.Date, facts.DateText) switch
        {
            (null, null) => "(none)",
            (null, { } field) => $"(none; the field says \"{field}\")",
            ({ } date, var field) when facts.Flags.Any(
                flag => flag is MailFlag.DateMissing or MailFlag.DateUnreadable or MailFlag.DateAbsurd) =>
                $"{Time(date)}, of the newest hop{(field is null ? "" : $"; the field says \"{field}\"")}",
            ({ } date, { } field) => $"{Time(date)}; the field says \"{field}\"",
            ({ } date, null) => Time(date),
        });
        table.Fact("message id", facts.MessageId);
        Addresses("from", facts.From);
        table.Fact("sender", facts.Sender?.ToString());
        Addresses("reply to", facts.ReplyTo);
        Addresses("to", facts.To);
        Addresses("cc", facts.Cc);
        Addresses("bcc", facts.Bcc);
    }

    /// <summary>The recipients according to the report; a mail's own are in its header.</summary>
    private void Envelope(Inspection mail)
    {
        table.Fact("journal sender", mail.Envelope?.Sender);
        table.Fact("on behalf of", mail.Envelope?.OnBehalfOf);
        table.Fact("journal label", mail.Envelope?.Label);
        foreach (var recipient in mail.Envelope is null ? [] : mail.Recipients)
        {
            var role = recipient.Kind is RecipientKind.Unknown ? "role unknown" : DepotJson.Word(recipient.Kind);
            table.Fact("recipient", $"{recipient.Address} ({role}){(recipient.Via is { } via ? $" {via}" : "")}");
        }
    }

    private void Parts(Inspection mail)
    {
        foreach (var file in mail.Facts.Attachments)
        {
            table.Fact("attachment", File(file));
        }

        foreach (var message in mail.Messages)
        {
            table.Fact(
                "message inside",
                $"{message.Subject ?? "(no subject)"}, {ByteSize.Format(message.Bytes)} from byte {message.Offset}"
                    + (message.ClaimsReport ? ", claims to be a journal report" : ""));
        }

        foreach (var (depth, inside) in mail.Facts.Messages.Select(message => (message.Depth, message.Facts)))
        {
            var from = inside.From.IsEmpty ? "(nobody)" : string.Join(", ", inside.From);
            table.Fact("part", $"{new string(' ', 2 * (depth - 1))}{inside.Subject ?? "(no subject)"}, from {from}");
            foreach (var file in inside.Attachments)
            {
                table.Fact("", $"{new string(' ', 2 * depth)}{File(file)}");
            }
        }
    }

    private void Body(BodyText? text)
    {
        if (text is null)
        {
            return;
        }

        table.Fact("text", string.Create(
            CultureInfo.InvariantCulture,
            $"{text.Text.Length:N0} characters of {DepotJson.Word(text.Form)}, {text.Charset}"
            + $"{(text.CharsetGuessed ? " by guess" : "")}{(text.IsCut ? ", cut" : "")}"));
        var lines = text.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines.Take(Lines))
        {
            table.Fact("", $"  {Output.Short(line, LineLength)}");
        }

        table.Fact("", lines.Length > Lines ? "  …" : null);
    }

    private void Why(Inspection mail)
    {
        foreach (var flag in mail.Flags)
        {
            table.Fact("flag", DepotJson.Word(flag));
        }

        foreach (var flag in mail.Facts.Flags)
        {
            table.Fact("flag", $"{DepotJson.Word(flag)}: {Reason(flag)}");
        }

        table.Fact("doubt", mail.Doubt);
    }

    private static string Reason(MailFlag flag) => flag switch
    {
        MailFlag.DateMissing => "there is no Date field.",
        MailFlag.DateUnreadable => "the Date field can't be read.",
        MailFlag.DateAbsurd => "the Date field names a time when this mail can't have been sent.",
        MailFlag.CharsetGuessed => "letters in the header came in a charset that is not named, or not the one that is.",
        MailFlag.AddressBroken => "an address field can't be read as one; what could be found in it is shown.",
        MailFlag.HeaderCut => "the header is longer than what facts are made of.",
        MailFlag.PartsCut => "there are more attachments or messages than are kept in the facts.",
        MailFlag.EndMissing => "the end boundary is missing; the mail was probably cut off.",
        MailFlag.SmimeSigned => "signed with S/MIME; the signature is not checked.",
        MailFlag.SmimeEncrypted => "encrypted with S/MIME; what is inside can't be found.",
        MailFlag.PgpSigned => "signed with OpenPGP; the signature is not checked.",
        MailFlag.PgpEncrypted => "encrypted with OpenPGP; what is inside can't be found.",
        MailFlag.TnefBroken => "the winmail.dat can't be unpacked to its end.",
        MailFlag.HeaderPreceded => "lines that are no header fields come before the header; they were skipped.",
        MailFlag.ContentUncertain => "the encoding of an attachment is damaged or cut off; its bytes may not be those that were sent.",
        MailFlag.DateUncertain => "something in the Date field was ignored or guessed.",
        _ => throw new ArgumentOutOfRangeException(nameof(flag), flag, "A flag without words for people."),
    };

    private static string File(Attachment file)
    {
        var type = file.FoundType is null || file.FoundType == file.ContentType
            ? file.ContentType
            : $"{file.ContentType} (by content {file.FoundType})";
        return $"{file.Name ?? "(no name)"}, {type}, {Output.Size(file.Bytes)}"
            + (file.UnpackedFrom is { } tnef ? $", unpacked from {tnef}" : "");
    }

    private static string Time(DateTimeOffset date) => date.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);

    private void Addresses(string name, IEnumerable<EmailAddress> addresses) => table.Fact(name, string.Join(", ", addresses));
}
