using System.Globalization;
using System.Text;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;

namespace MailDepot.Notices;

/// <summary>What the administrator reads: what is wrong, what to do, what waits, since when.</summary>
internal static class NoticeText
{
    /// <summary>Of a mailbox that can't be collected, or not wholly.</summary>
    /// <param name="mailbox">It, failing.</param>
    /// <param name="last">What was sent since it fails; null: nothing.</param>
    /// <param name="next">When the next mail comes if it lasts.</param>
    public static (string Subject, string Text) Failing(Mailbox mailbox, NoticesSent? last, DateTimeOffset next)
    {
        var (options, state) = (mailbox.Options, mailbox.State);
        var what = What(state.Failure?.Kind, last is null ? null : last.Told.IsEmpty ? state.Failure?.Kind : last.Told.MaxBy(mail => mail.Value).Key, first: last is null);
        var text = new StringBuilder()
            .AppendLine(Invariant($"The mailbox {options.Name} ({options.User} on {options.Host}:{options.Port}) {what}."))
            .AppendLine()
            .AppendLine(Line("What is wrong", state.Failure?.Sentence ?? state.Result ?? "unknown"))
            .AppendLine(Line("Kind", state.Failure is { } failure ? DepotJson.Word(failure.Kind) : "unknown"));
        if (state.Failure?.ServerReply is { Length: > 0 } words)
        {
            text.AppendLine(Line("The server said", words));
        }

        text.AppendLine(Line("What to do", state.Failure?.WayOut ?? "Nothing: it is tried again."))
            .AppendLine()
            .AppendLine(Line("Since", $"{Time(state.FailingSince)}, {Attempts(state.Failures)}, the last {Time(state.FailedAt)}"))
            .Append(last is not null && last.Since != state.FailingSince ? Line("Comes and goes", $"since {Time(last.Since)}") + Environment.NewLine : "")
            .AppendLine(Line("Last success", state.Succeeded is null ? "none" : Time(state.Succeeded)))
            .AppendLine(Line("Waiting", $"{Mails(state)}, as it was last seen"))
            .AppendLine(Line("Next attempt", mailbox.NextDue is null ? "at once" : Time(mailbox.NextDue)))
            .AppendLine(Line("Next mail", $"{Time(next)} if it lasts, and one when it is over"))
            .AppendLine()
            .AppendLine(state.Failure?.Kind switch
            {
                Pop3FailureKind.MailsRefused => "No mail is lost by this: what could not be fetched stays on the server. All other mail is collected.",
                Pop3FailureKind.NotDeleted => "No mail is lost by this: all is collected, and what stays on the server is not collected again.",
                _ => "No mail is lost by this: what was not collected stays on the server.",
            })
            .AppendLine();
        return ($"MailDepot: mailbox {options.Name} {what}", Commands(text, options.Name));
    }

    /// <summary>Of one that is well again.</summary>
    /// <param name="since">When the failure began.</param>
    public static (string Subject, string Text) Recovered(Mailbox mailbox, DateTimeOffset since)
    {
        var (options, state) = (mailbox.Options, mailbox.State);
        var again = state.Failure is { IsCollected: true } ? "is collected wholly again" : "is collected again";
        var text = new StringBuilder()
            .AppendLine(Invariant($"The mailbox {options.Name} ({options.User} on {options.Host}:{options.Port}) {again}."))
            .AppendLine()
            .AppendLine(Line("Failed since", Time(since)))
            .AppendLine(Line("Worked again", Time(state.Succeeded)))
            .AppendLine(Line("Result", state.Result ?? ""))
            .AppendLine(Line("Waiting", Mails(state)))
            .AppendLine();
        return ($"MailDepot: mailbox {options.Name} {again}", Commands(text, options.Name));
    }

    /// <summary>The end of a sentence that begins with the mailbox.</summary>
    /// <param name="told">The kind that the mail before told of.</param>
    private static string What(Pop3FailureKind? kind, Pop3FailureKind? told, bool first)
    {
        var still = !first && kind == told ? "still " : "";
        return kind switch
        {
            Pop3FailureKind.MailsRefused => $"is collected, but some of its mail {still}can't be fetched",
            Pop3FailureKind.NotDeleted => $"is collected, but mail that was collected {still}stays on the server",
            _ when first || told is Pop3FailureKind.MailsRefused or Pop3FailureKind.NotDeleted => "can't be collected",
            _ => $"still can't be collected{(kind == told ? "" : ", now for another reason")}",
        };
    }

    private static string Commands(StringBuilder text, string name) => text
        .AppendLine(Invariant($"maildepot pop3 show {name}    all that is known of it"))
        .AppendLine(Invariant($"maildepot pop3 poll {name}    tries it now"))
        .ToString();

    private static string Line(string name, string value) => $"{name + ":",-17}{value}";

    private static string Attempts(int count) => count == 1 ? "1 attempt" : Invariant($"{count} attempts");

    private static string Mails(MailboxState state) => Invariant($"{state.Waiting} {(state.Waiting == 1 ? "mail" : "mails")}, {ByteSize.Format(state.Progress.WaitingBytes)}");

    private static string Time(DateTimeOffset? time) => time is { } some ? Invariant($"{some.UtcDateTime:yyyy-MM-dd HH:mm} UTC") : "never";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
