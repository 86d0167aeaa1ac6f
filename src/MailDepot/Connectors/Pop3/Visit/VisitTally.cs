using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>What a running visit has done so far; other threads may read it at any time.</summary>
internal sealed class VisitTally
{
    private readonly Lock gate = new();
    private readonly HashSet<MailListing> substituted = [];
    private VisitProgress progress = new(VisitStage.Idle, 0, 0, 0, 0, 0);

    /// <summary>A snapshot.</summary>
    public VisitProgress Progress
    {
        get
        {
            lock (gate)
            {
                return progress;
            }
        }
    }

    /// <summary>Mails that the server did not send in this visit.</summary>
    public int Refused { get; private set; }

    /// <summary>How the connection was secured; null if no login succeeded.</summary>
    public string? Secured { get; set; }

    /// <summary>Durable mails whose deletion the server did not confirm in the last session.</summary>
    public int NotDeleted { get; set; }

    /// <summary>Some of them were left by an earlier session, too: the problem does not go away by itself.</summary>
    public bool NotDeletedAgain { get; set; }

    /// <summary>What the server replied to their DELE or QUIT; null if nothing.</summary>
    public string? NotDeletedReply { get; set; }

    /// <summary>When the server last confirmed a QUIT; null if it did not in this visit.</summary>
    public DateTimeOffset? LastQuit { get; set; }

    /// <summary>The server refused a login soon after a QUIT, which is a pause, not a failure.</summary>
    public bool TurnedAway { get; set; }

    /// <summary>The visit reached a limit, and more mail is waiting.</summary>
    public bool More { get; set; }

    /// <summary>The visit enters a stage.</summary>
    public void Enter(VisitStage stage) => Change(now => now with { Stage = stage });

    /// <summary>The result of a listing.</summary>
    /// <param name="undeleted">Mails that are durable already.</param>
    /// <param name="skipped">Mails that are not tried.</param>
    /// <param name="refused">Mails that this visit tried without success.</param>
    /// <param name="leftBytes">Bytes of the skipped and refused ones.</param>
    /// <param name="substitutes">Waiting mails in whose place the server sent a substitute.</param>
    public void Listed(
        IReadOnlyCollection<MailListing> wanted, int undeleted, int skipped, int refused, long leftBytes,
        IEnumerable<MailListing> substitutes) =>
        Change(now =>
        {
            substituted.Clear();
            substituted.UnionWith(substitutes);
            return now with
            {
                Waiting = wanted.Sum(mail => mail.Numbers.Length) + skipped + refused,
                WaitingBytes = wanted.Sum(mail => mail.Bytes) + leftBytes,
                Undeleted = undeleted,
                Skipped = skipped,
                Substitutes = Substitutes(),
            };
        });

    /// <summary>A mail and all its copies are durable.</summary>
    public void Collected(MailListing mail) => Change(now =>
    {
        substituted.Remove(mail);
        return now with
        {
            Waiting = now.Waiting - mail.Numbers.Length,
            WaitingBytes = now.WaitingBytes - mail.Bytes,
            Collected = now.Collected + mail.Numbers.Length,
            CollectedBytes = now.CollectedBytes + mail.Bytes,
            Undeleted = now.Undeleted + mail.Numbers.Length,
            Substitutes = Substitutes(),
        };
    });

    /// <summary>A mail without a UIDL turned out to be durable already, and only needs to be deleted.</summary>
    public void Recognized(MailListing mail) => Change(now => now with
    {
        Waiting = now.Waiting - 1,
        WaitingBytes = now.WaitingBytes - mail.Bytes,
        Undeleted = now.Undeleted + 1,
    });

    /// <summary>The server deleted this many mails.</summary>
    public void Deleted(int mails) => Change(now => now with { Undeleted = now.Undeleted - mails });

    /// <summary>The server sent a substitute in place of this mail.</summary>
    public void Substituted(MailListing mail) => Change(now =>
    {
        substituted.Add(mail);
        return now with { Substitutes = Substitutes() };
    });

    /// <summary>The server did not send a mail.</summary>
    public void CountRefusal() => Refused++;

    /// <summary>The result of the visit.</summary>
    /// <param name="failure">What ended it early; null if nothing did.</param>
    public VisitResult Result(MailboxOptions mailbox, Pop3Failure? failure)
    {
        var now = Progress with { Stage = VisitStage.Idle };
        var tooEarly = TurnedAway && Secured is null;
        var text = string.Join(' ', Sentences(mailbox, failure, now, tooEarly));
        failure ??= NotDeletedAgain ? Pop3Failure.NotDeleted(mailbox, NotDeletedReply)
            : now.Substitutes > 0 ? Pop3Failure.Substitutes(mailbox, now.Substitutes)
            : Refused > 0 ? Pop3Failure.MailsRefused(mailbox, Refused)
            : now.Skipped > 0 ? Pop3Failure.MailsSkipped(mailbox, now.Skipped, MailTransfer.Attempts)
            : null;
        var more = More && failure?.Kind is null or Pop3FailureKind.MailsRefused or Pop3FailureKind.NotDeleted;
        return new VisitResult(text, failure, more, now) { LastQuit = LastQuit, TurnedAway = TurnedAway, TooEarly = tooEarly };
    }

    private IEnumerable<string> Sentences(MailboxOptions mailbox, Pop3Failure? failure, VisitProgress now, bool tooEarly)
    {
        (bool Applies, string Sentence)[] all =
        [
            (failure is not null, failure?.Description ?? ""),
            (tooEarly, $"{mailbox.Server} closed the connection without a reply, as some servers do within a minute after a session: "
                + "the next poll tries again."),
            (!tooEarly && (now.Collected > 0 || failure is null),
                now.Collected == 0 ? "Nothing new." : $"{Mails(now.Collected)} collected."),
            (Refused > 0, $"{Mails(Refused)} refused by the server: the next poll tries again."),
            (now.Skipped > 0, $"{Mails(now.Skipped)} skipped after {MailTransfer.Attempts} failed runs: "
                + $"`maildepot pop3 poll {mailbox.Name}` tries again."),
            (now.Substitutes > 0, $"In place of {Mails(now.Substitutes)} the server sends a substitute, which is archived and flagged."),
            (NotDeleted > 0, $"The server did not confirm that it deleted {Mails(NotDeleted)}, which {(NotDeleted == 1 ? "is" : "are")} "
                + "safe here: the next poll tries again."),
            (mailbox.LeaveOnServer && now.Undeleted > 0, $"{Mails(now.Undeleted)} left on the server (LeaveOnServer): the mailbox grows."),
            (mailbox.DeleteAfter > 0 && now.Undeleted > 0, $"{Mails(now.Undeleted)} left on the server until "
                + $"{(mailbox.DeleteAfter == 1 ? "a day" : $"{mailbox.DeleteAfter} days")} after collection (DeleteAfter)."),
        ];
        return all.Where(one => one.Applies).Select(one => one.Sentence);
    }

    private int Substitutes() => substituted.Sum(mail => mail.Numbers.Length);

    private static string Mails(int count) => count == 1 ? "1 mail" : $"{count} mails";

    private void Change(Func<VisitProgress, VisitProgress> change)
    {
        lock (gate)
        {
            progress = change(progress);
        }
    }
}
