using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>A mail that could not be fetched, or whose DELE broke a session.</summary>
/// <param name="Key">The row key: <see cref="MailListing.RefusalKey"/> or <see cref="MailListing.DeletionKey"/>.</param>
/// <param name="Bytes">Its size by LIST; with another size it is another mail.</param>
/// <param name="Times">Runs in a row.</param>
public sealed record RefusedMail(string Key, long Bytes, int Times)
{
    /// <summary>
    /// SHA-256 of the substitute that was archived in its place (<see cref="Mail.Substitute"/>), or null. Kept when the mail's size
    /// changes.
    /// </summary>
    public Digest? Substitute { get; init; }
}

/// <summary>
/// Changes to some of a mailbox's rows, in one transaction: an old page left beside its new one would contain a mail that is gone.
/// </summary>
/// <param name="Put">Pages to write, built from old ones.</param>
/// <param name="Gone">Keys of the rows to delete.</param>
public sealed record RowChanges(ImmutableArray<UidlPage> Put, ImmutableArray<string> Gone);

/// <summary>What a visit knows about a mailbox: the rows of the table <c>Uidls</c>, including those that it wrote itself.</summary>
/// <remarks>A durable mail is durable, whatever rows say about earlier refusals. Thread-safe.</remarks>
public sealed class KnownMails
{
    /// <summary>This many small pages are merged: a mailbox that is left on the server gets another each time there is new mail.</summary>
    private const int MergeThreshold = 100;

    private readonly Lock gate = new();
    private readonly Dictionary<string, UidlPage> pages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RefusedMail> refused = new(StringComparer.Ordinal);
    private readonly HashSet<DurableMail> durable = [];
    private readonly HashSet<long> sizes = [];

    /// <summary>Durable mails that may still be in the mailbox.</summary>
    public int DurableCount
    {
        get
        {
            lock (gate)
            {
                return durable.Count;
            }
        }
    }

    /// <summary>Whether it was collected.</summary>
    public bool IsDurable(DurableMail mail)
    {
        lock (gate)
        {
            return durable.Contains(mail);
        }
    }

    /// <summary>Whether it was collected at or before this time.</summary>
    public bool IsDurableSince(DurableMail mail, DateTimeOffset time)
    {
        lock (gate)
        {
            return durable.TryGetValue(mail, out var known) && known.Since <= time;
        }
    }

    /// <summary>Whether a mail of this size without a UIDL may have been collected.</summary>
    public bool MayBeDurable(long bytes)
    {
        lock (gate)
        {
            return sizes.Contains(bytes);
        }
    }

    /// <summary>Runs in a row in which the mail could not be fetched.</summary>
    public int Refusals(MailListing mail)
    {
        lock (gate)
        {
            return refused.TryGetValue(mail.RefusalKey, out var row) && row.Bytes == mail.Bytes ? row.Times : 0;
        }
    }

    /// <summary>SHA-256 of the substitute archived in its place, or null. Without a UIDL, of one for a mail of the same size.</summary>
    public Digest? Substitute(MailListing mail)
    {
        lock (gate)
        {
            return refused.GetValueOrDefault(mail.RefusalKey)?.Substitute;
        }
    }

    /// <summary>Whether its DELE, or that of the mail next to it, broke a session.</summary>
    public bool BreaksSessions(MailListing mail)
    {
        lock (gate)
        {
            return refused.Count > 0 && refused.TryGetValue(mail.DeletionKey, out var row) && row.Bytes == mail.Bytes;
        }
    }

    /// <summary>Adds rows that are in the table.</summary>
    public void Add(IEnumerable<UidlPage> written, IEnumerable<RefusedMail> refusals)
    {
        lock (gate)
        {
            foreach (var page in written)
            {
                pages[page.Key] = page;
                foreach (var mail in page.Mails)
                {
                    if (durable.TryGetValue(mail, out var known) && known.Since > mail.Since)
                    {
                        durable.Remove(known);
                    }

                    durable.Add(mail);
                }

                sizes.UnionWith(page.Mails.Where(mail => !mail.HasUidl).Select(mail => mail.Bytes));
            }

            foreach (var mail in refusals)
            {
                refused[mail.Key] = mail;
            }
        }
    }

    /// <summary>
    /// The changes that remove mails which the mailbox no longer lists. A page with some of its mails left is rebuilt from these.
    /// </summary>
    /// <remarks>
    /// A mail that is gone must not stay known: the server may give its UIDL to another mail, which would be deleted without being
    /// collected.
    /// </remarks>
    public ImmutableArray<RowChanges> Against(IReadOnlyCollection<MailListing> listed)
    {
        lock (gate)
        {
            // Only the mails in rows, not all of a mailbox of perhaps 100,000.
            var named = listed.Select(mail => mail.IfDurable).OfType<DurableMail>().Where(durable.Contains).ToHashSet();
            var nameless = listed.Where(mail => mail.IfDurable is null && sizes.Contains(mail.Bytes))
                .Select(mail => mail.Bytes).ToHashSet();
            bool IsListed(DurableMail mail) => mail.HasUidl ? named.Contains(mail) : nameless.Contains(mail.Bytes);
            var left = pages.Values.Select(page => (Page: page, Mails: page.Mails.Where(IsListed).ToImmutableArray())).ToList();
            var merge = left.Count(page => page.Page.IsSmall) >= MergeThreshold;
            var old = left.Where(page =>
                page.Page.WasUndated || page.Mails.Length < page.Page.Mails.Length || (merge && page.Page.IsSmall)).ToList();
            var awaited = refused.Count == 0 ? [] : listed
                .Where(mail => refused.TryGetValue(mail.RefusalKey, out var row) && (row.Bytes == mail.Bytes || row.Substitute is not null)
                    && (mail.IfDurable is not { } known || !durable.Contains(known)))
                .Select(mail => mail.RefusalKey)
                .Concat(listed.Where(BreaksSessions).Select(mail => mail.DeletionKey)).ToHashSet(StringComparer.Ordinal);
            return
            [
                .. old.Chunk(StorageLimits.TransactionRows / 2)
                    .Select(some => Replace(some.Select(page => page.Page.Key), UidlPage.Of(some.SelectMany(page => page.Mails)))),
                .. refused.Keys.Where(key => !awaited.Contains(key)).Chunk(StorageLimits.TransactionRows).Select(keys => Replace(keys, [])),
            ];
        }

        // Never more new pages than old ones, so half a transaction of old ones always fits.
        static RowChanges Replace(IEnumerable<string> old, ImmutableArray<UidlPage> put) =>
            new(put, [.. old.Except(put.Select(page => page.Key), StringComparer.Ordinal)]);
    }

    /// <summary>Applies changes that were made to the table, in this order.</summary>
    public void Apply(IEnumerable<RowChanges> changes)
    {
        lock (gate)
        {
            foreach (var (put, gone) in changes)
            {
                foreach (var key in gone)
                {
                    pages.Remove(key);
                    refused.Remove(key);
                }

                foreach (var page in put)
                {
                    pages[page.Key] = page;
                }
            }

            durable.Clear();
            sizes.Clear();
            Add([.. pages.Values], []);
        }
    }
}
