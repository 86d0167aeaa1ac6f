using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>What a visit counts while it runs; whoever shows it may look at any time.</summary>
internal sealed class VisitTally
{
    private readonly Lock gate = new();
    private readonly HashSet<MailListing> substituted = [];
    private VisitProgress progress = new(VisitStage.Idle, 0, 0, 0, 0, 0);

    /// <summary>How far it is.</summary>
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

    /// <summary>Mails that the server did not hand over in this visit.</summary>
    public int Refused { get; private set; }

    /// <summary>The security that the connection has; null while no session was let in.</summary>
    public string? Secured { get; set; }

    /// <summary>Mails that are durable, and that the server did not say to have deleted when the last session ended.</summary>
    public int Kept { get; set; }

    /// <summary>An earlier session had left some of them already: it will not mend itself.</summary>
    public bool KeptAgain { get; set; }

    /// <summary>What the server said to that; null if it said nothing.</summary>
    public string? KeptWords { get; set; }

    /// <summary>When the server last said yes to our QUIT; null if it did not in this visit.</summary>
    public DateTimeOffset? LastQuit { get; set; }

    /// <summary>The server did not let us in, so soon after a QUIT: no failure, but a pause.</summary>
    public bool TurnedAway { get; set; }

    /// <summary>The visit is bounded, and more waits.</summary>
    public bool More { get; set; }

    /// <summary>It goes on with this.</summary>
    public void At(VisitStage stage) => Change(now => now with { Stage = stage });

    /// <summary>What a listing came to.</summary>
    /// <param name="undeleted">Mails that are durable.</param>
    /// <param name="skipped">Mails that are not even tried.</param>
    /// <param name="refused">Mails that this visit tried in vain.</param>
    /// <param name="leftBytes">Octets of the skipped and refused ones.</param>
    /// <param name="substitutes">Of all that wait, those in whose place the server sent a substitute.</param>
    public void Found(
        IReadOnlyCollection<MailListing> wanted, int undeleted, int skipped, int refused, long leftBytes, IEnumerable<MailListing> substitutes) => Change(now =>
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

    /// <summary>A mail is durable; it may have copies.</summary>
    public void Took(MailListing mail) => Change(now =>
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

    /// <summary>It was durable already: it is only to be deleted.</summary>
    public void Knew(MailListing mail) => Change(now => now with { Waiting = now.Waiting - 1, WaitingBytes = now.WaitingBytes - mail.Bytes, Undeleted = now.Undeleted + 1 });

    /// <summary>The server deleted so many.</summary>
    public void Deleted(int mails) => Change(now => now with { Undeleted = now.Undeleted - mails });

    /// <summary>In its place the server sent a substitute.</summary>
    public void Substituted(MailListing mail) => Change(now =>
    {
        substituted.Add(mail);
        return now with { Substitutes = Substitutes() };
    });

    /// <summary>One was not handed over.</summary>
    public void Refuse() => Refused++;

    /// <summary>What it came to.</summary>
    /// <param name="failure">What ended it early; null if nothing did.</param>
    public VisitResult Result(MailboxOptions mailbox, Pop3Failure? failure)
    {
        var now = Progress with { Stage = VisitStage.Idle };
        var sentences = new List<string>();
        void Say(bool so, string sentence)
        {
            if (so)
            {
                sentences.Add(sentence);
            }
        }

        var tooEarly = TurnedAway && Secured is null;
        Say(failure is not null, failure?.Description ?? "");
        Say(tooEarly, $"{mailbox.Server} closed the connection without a word, as some servers do within a minute after another: the next poll tries again.");
        Say(!tooEarly && (now.Collected > 0 || failure is null), now.Collected == 0 ? "Nothing new." : $"{Mails(now.Collected)} collected.");
        Say(Refused > 0, $"{Mails(Refused)} refused by the server: the next poll tries again.");
        Say(now.Skipped > 0, $"{Mails(now.Skipped)} skipped, which could not be fetched {MailTransfer.Attempts} times: `maildepot pop3 poll {mailbox.Name}` tries again.");
        Say(now.Substitutes > 0, $"In place of {Mails(now.Substitutes)} the server sends a substitute, which is archived and flagged.");
        Say(Kept > 0, $"The server did not say that it deleted {Mails(Kept)} that {(Kept == 1 ? "is" : "are")} safe here: the next poll has it do so.");
        Say(mailbox.LeaveOnServer && now.Undeleted > 0, $"{Mails(now.Undeleted)} left on the server, as LeaveOnServer says: the mailbox grows.");
        Say(
            mailbox.DeleteAfter > 0 && now.Undeleted > 0,
            $"{Mails(now.Undeleted)} left on the server until {(mailbox.DeleteAfter == 1 ? "a day" : $"{mailbox.DeleteAfter} days")} after collection, as DeleteAfter says.");
        failure ??= KeptAgain ? Pop3Failure.NotDeleted(mailbox, KeptWords)
            : now.Substitutes > 0 ? Pop3Failure.Substitutes(mailbox, now.Substitutes)
            : Refused > 0 ? Pop3Failure.MailsRefused(mailbox, Refused)
            : now.Skipped > 0 ? Pop3Failure.MailsSkipped(mailbox, now.Skipped, MailTransfer.Attempts)
            : null;
        return new VisitResult(string.Join(' ', sentences), failure, More && failure?.Kind is null or Pop3FailureKind.MailsRefused or Pop3FailureKind.NotDeleted, now)
        {
            LastQuit = LastQuit,
            TurnedAway = TurnedAway,
            TooEarly = tooEarly,
        };
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
