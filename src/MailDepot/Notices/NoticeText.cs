using System.Globalization;
using System.Text;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;

namespace MailDepot.Notices;

/// <summary>The text of a mail: what is wrong, what to do, what is waiting, since when.</summary>
internal static class NoticeText
{
    /// <summary>About a mailbox that can't be collected, or not completely.</summary>
    /// <param name="last">What was sent since it fails; null for nothing.</param>
    /// <param name="next">When the next mail follows if the failure lasts.</param>
    public static (string Subject, string Text) Failing(Mailbox mailbox, NoticesSent? last, DateTimeOffset next)
    {
        var (options, state) = (mailbox.Options, mailbox.State);
        Pop3FailureKind? reported = last is null ? null
            : last.Reported.IsEmpty ? state.Failure?.Kind
            : last.Reported.MaxBy(report => report.Value).Key;
        var what = What(state.Failure?.Kind, reported, first: last is null);
        var text = new StringBuilder()
            .AppendLine(Invariant($"The mailbox {options.Name} ({options.User} on {options.Host}:{options.Port}) {what}."))
            .AppendLine()
            .AppendLine(Line("What is wrong", state.Failure?.Sentence ?? state.Result ?? "unknown"))
            .AppendLine(Line("Kind", state.Failure is { } failure ? DepotJson.Word(failure.Kind) : "unknown"));
        if (state.Failure?.ServerReply is { Length: > 0 } reply)
        {
            text.AppendLine(Line("The server said", reply));
        }

        text.AppendLine(Line("What to do", state.Failure?.WayOut ?? "Nothing: the next poll tries again."))
            .AppendLine()
            .AppendLine(Line("Since", $"{Time(state.FailingSince)}, {Attempts(state.Failures)}, the last {Time(state.FailedAt)}"))
            .Append(last is null || last.Since == state.FailingSince ? ""
                : Line("Comes and goes", $"since {Time(last.Since)}") + Environment.NewLine)
            .AppendLine(Line("Last success", state.Succeeded is null ? "none" : Time(state.Succeeded)))
            .AppendLine(Line("Waiting", $"{Mails(state)}, as last seen"))
            .AppendLine(Line("Next attempt", mailbox.NextDue is null ? "at once" : Time(mailbox.NextDue)))
            .AppendLine(Line("Next mail", $"{Time(next)} if it lasts, and one when it is over"))
            .AppendLine()
            .AppendLine(state.Failure?.Kind switch
            {
                Pop3FailureKind.MailsRefused =>
                    "No mail is lost: what could not be fetched stays on the server. All other mail is collected.",
                Pop3FailureKind.NotDeleted =>
                    "No mail is lost: all mail is collected, and what stays on the server is not collected again.",
                _ => "No mail is lost: what was not collected stays on the server.",
            })
            .AppendLine();
        return ($"MailDepot: mailbox {options.Name} {what}", Commands(text, options.Name));
    }

    /// <summary>About a mailbox that works again.</summary>
    /// <param name="since">When the failure began.</param>
    public static (string Subject, string Text) Recovered(Mailbox mailbox, DateTimeOffset since)
    {
        var (options, state) = (mailbox.Options, mailbox.State);
        var again = state.Failure is { IsCollected: true } ? "is fully collected again" : "is collected again";
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
    /// <param name="reported">The kind that the last mail reported.</param>
    private static string What(Pop3FailureKind? kind, Pop3FailureKind? reported, bool first)
    {
        var still = !first && kind == reported ? "still " : "";
        return kind switch
        {
            Pop3FailureKind.MailsRefused => $"is collected, but some of its mail {still}can't be fetched",
            Pop3FailureKind.NotDeleted => $"is collected, but mail that was collected {still}stays on the server",
            _ when first || reported is Pop3FailureKind.MailsRefused or Pop3FailureKind.NotDeleted => "can't be collected",
            _ => $"still can't be collected{(kind == reported ? "" : ", now for another reason")}",
        };
    }

    private static string Commands(StringBuilder text, string name) => text
        .AppendLine(Invariant($"maildepot pop3 show {name}    everything known about it"))
        .AppendLine(Invariant($"maildepot pop3 poll {name}    tries it now"))
        .ToString();

    private static string Line(string name, string value) => $"{name + ":",-17}{value}";

    private static string Attempts(int count) => count == 1 ? "1 attempt" : Invariant($"{count} attempts");

    private static string Mails(MailboxState state) =>
        Invariant($"{state.Waiting} {(state.Waiting == 1 ? "mail" : "mails")}, {ByteSize.Format(state.Progress.WaitingBytes)}");

    private static string Time(DateTimeOffset? time) => time is { } some ? Invariant($"{some.UtcDateTime:yyyy-MM-dd HH:mm} UTC") : "never";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
