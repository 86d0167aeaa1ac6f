using System.Collections.Concurrent;
using System.Collections.Immutable;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;
using MailKit.Net.Pop3;

namespace MailDepot.Pop3;

/// <summary>One visit to a mailbox: each new mail goes to the spool, its UIDL into the table, and only then its DELE to the server.</summary>
/// <remarks>
/// A visit that breaks anywhere leaves mails in the mailbox, never a gap in the archive. A mail whose UIDL could not be
/// written any more comes again, and the archiver folds it: same octets, same mailbox, same delivery.
/// </remarks>
internal sealed class Pop3Visit(MailboxOptions mailbox, CollectedUidls uidls, MailSpool spool, SemaphoreSlim largeTurn, DepotEvents events, TimeProvider clock)
{
    /// <summary>After so many mails the visit ends with its QUIT, so a cut costs little and no function runs long.</summary>
    internal const int MailsAVisit = 500;

    /// <summary>Octets that are held in memory at once for small mails; a mail above this goes alone.</summary>
    private const long PortionBytes = 4 * 1024 * 1024;

    /// <summary>Mails on their way into the spool at once.</summary>
    private const int SpooledAtOnce = 16;

    /// <summary>Functions that run for an hour are killed (Azure-Functions#2634).</summary>
    private static readonly TimeSpan TimeAVisit = TimeSpan.FromMinutes(5);

    private int waiting;
    private int collected;
    private int refused;
    private bool more;
    private bool deleted = true;

    /// <summary>Works until nothing is left, or the visit is long enough.</summary>
    public async Task RunAsync(Pop3Session session, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var mails = await session.ListAsync();
        var known = await uidls.ReadAsync(mailbox.Name, ct);
        var left = mails.Where(mail => known.TryGetValue(mail.Key, out var bytes) && bytes == mail.Bytes).ToHashSet();
        var wanted = mails.Where(mail => !left.Contains(mail)).ToList();
        waiting = wanted.Sum(mail => mail.Numbers.Length);

        await uidls.ForgetAsync(mailbox.Name, known.Keys.Except(mails.Select(mail => mail.Key), StringComparer.Ordinal), ct);
        await session.DeleteAsync([.. left.SelectMany(mail => mail.Numbers)]);
        foreach (var portion in ListedMails.Portions(wanted, StorageLimits.TransactionRows, PortionBytes))
        {
            if (collected >= MailsAVisit || clock.GetElapsedTime(started) >= TimeAVisit)
            {
                more = collected > 0;
                break;
            }

            await CollectAsync(session, portion, ct);
        }

        deleted = await session.QuitAsync();
    }

    /// <summary>What it came to so far.</summary>
    /// <param name="failure">What ended it early; null if nothing did.</param>
    public VisitResult Result(Pop3Failure? failure)
    {
        var sentences = new List<string>();
        if (failure is not null)
        {
            sentences.Add(failure.Words);
        }

        if (collected > 0 || failure is null)
        {
            sentences.Add(collected == 0 ? "Nothing new." : $"{Mails(collected)} collected.");
        }

        if (refused > 0)
        {
            sentences.Add($"{Mails(refused)} refused by the server: the next poll tries again.");
        }

        if (!deleted)
        {
            sentences.Add("The server did not say that it deleted what was collected: the next poll does it.");
        }

        failure ??= refused > 0 ? new(Pop3FailureKind.MailsRefused, $"{Mails(refused)} refused by the server.", "The next poll tries again.") : null;
        return new VisitResult(string.Join(' ', sentences), failure, more && failure is null, new(VisitStage.Idle, waiting, 0, collected, 0, 0));
    }

    private static string Mails(int count) => count == 1 ? "1 mail" : $"{count} mails";

    private async Task CollectAsync(Pop3Session session, ImmutableArray<ListedMails> portion, CancellationToken ct)
    {
        var durable = new ConcurrentBag<ListedMails>();
        try
        {
            await SpoolAsync(session, portion, durable, ct);
        }
        finally
        {
            // Also when the connection broke: what is durable need not come again.
            await uidls.AddAsync(mailbox.Name, durable, ct);
            var count = durable.Sum(mail => mail.Numbers.Length);
            (collected, waiting) = (collected + count, waiting - count);
        }

        await session.DeleteAsync([.. durable.SelectMany(mail => mail.Numbers)]);
    }

    /// <summary>Small mails all at once; large ones, or where the server refuses one, each by itself.</summary>
    private async Task SpoolAsync(Pop3Session session, ImmutableArray<ListedMails> portion, ConcurrentBag<ListedMails> durable, CancellationToken ct)
    {
        if (portion.Sum(mail => mail.Bytes) <= PortionBytes && await TryRetrieveAsync(session, [.. portion.SelectMany(mail => mail.Numbers)]) is { } streams)
        {
            var octets = new Queue<Stream>(streams);
            var spooled = portion.Select(mail => (Mail: mail, Copies: mail.Numbers.Select(_ => octets.Dequeue()).ToList())).ToList();
            await Parallel.ForEachAsync(spooled, new ParallelOptions { MaxDegreeOfParallelism = SpooledAtOnce, CancellationToken = ct }, async (one, token) =>
            {
                await AcceptAsync(one.Mail, one.Copies, token);
                durable.Add(one.Mail);
            });
            return;
        }

        foreach (var mail in portion)
        {
            if (await SpoolOneAsync(session, mail, ct))
            {
                durable.Add(mail);
            }
        }
    }

    /// <summary>False if the server refuses it.</summary>
    private async Task<bool> SpoolOneAsync(Pop3Session session, ListedMails mail, CancellationToken ct)
    {
        var large = mail.Bytes > PortionBytes;
        if (large)
        {
            await largeTurn.WaitAsync(ct);
        }

        try
        {
            foreach (var number in mail.Numbers)
            {
                await AcceptAsync(mail, await session.RetrieveAsync([number]), ct);
            }

            return true;
        }
        catch (Pop3CommandException refusal)
        {
            refused++;
            events.Write(EventKind.Failed, Guid.Empty, $"Mailbox {mailbox.Name}: the server refused the mail with UIDL {mail.Uidl} ({refusal.StatusText}). It stays there, and the next poll tries again.");
            return false;
        }
        finally
        {
            if (large)
            {
                largeTurn.Release();
            }
        }
    }

    /// <summary>Null if the server refuses one of them: a batch is all or nothing.</summary>
    private static async Task<IList<Stream>?> TryRetrieveAsync(Pop3Session session, int[] numbers)
    {
        try
        {
            return await session.RetrieveAsync(numbers);
        }
        catch (Pop3CommandException)
        {
            return null;
        }
    }

    private async Task AcceptAsync(ListedMails mail, IEnumerable<Stream> copies, CancellationToken ct)
    {
        foreach (var octets in copies)
        {
            await using var copy = octets;
            await spool.AcceptAsync(new Pop3Source(mailbox.Name, mail.Uidl), copy, ct);
        }
    }
}
