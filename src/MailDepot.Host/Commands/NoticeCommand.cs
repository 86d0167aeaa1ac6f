using System.CommandLine;
using MailDepot.Host.Terminal;
using MailDepot.Notices;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot notice test</c>: a mail to the administrator through the relay in the settings.</summary>
internal static class NoticeCommand
{
    public static Command Make()
    {
        var test = new Command("test", "Send a test mail through the relay in the settings, and show what it answered.");
        test.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.WithArchiver(parsed);
            var mail = depot.Get<AdminMail>();
            if (!mail.HasRelay)
            {
                throw new UsageException(
                    "MailDepot:Notices:Host is not set, so the administrator gets no mails: "
                    + "name an SMTP relay; src/guides/pop3.md shows how.");
            }

            var sent = await mail.SendAsync(
                "MailDepot: test",
                "This mail was sent by `maildepot notice test`: mails about mailboxes that can't be collected would arrive here.\r\n",
                ct);
            Output.Answer(
                parsed,
                new { mail.Relay, sent.To, sent.Answer, sent.Refusal },
                $"{mail.Relay} took a mail to {string.Join(", ", sent.To)}: {sent.Answer}"
                    + (sent.Refusal is { } refusal ? $"{Environment.NewLine}{refusal}" : ""));
            return CommandLine.Done;
        });
        return new Command("notice", "Mails to the administrator.") { test };
    }
}
