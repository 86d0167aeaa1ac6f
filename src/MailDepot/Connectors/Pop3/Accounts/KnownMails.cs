using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>A mail that could not be fetched, or whose DELE broke a session.</summary>
/// <param name="Key">Its row's key, <see cref="MailListing.RefusalKey"/> or <see cref="MailListing.DeletionKey"/>.</param>
/// <param name="Bytes">The octets that it had by LIST: with others it is another mail.</param>
/// <param name="Times">Runs in a row.</param>
public sealed record RefusedMail(string Key, long Bytes, int Times)
{
    /// <summary>Of the substitute that was archived in its place (<see cref="Mail.Substitute"/>); null: none was. Stays when the mail's size changes.</summary>
    public Digest? Substitute { get; init; }
}

/// <summary>What becomes of some of a mailbox's rows, all in one transaction: an old page that outlived its new one would tell of a mail that is gone.</summary>
/// <param name="Put">Pages, made anew from old ones.</param>
/// <param name="Gone">Keys of rows that go.</param>
public sealed record RowChanges(ImmutableArray<UidlPage> Put, ImmutableArray<string> Gone);

/// <summary>What a visit knows of a mailbox: the rows of the table <c>Uidls</c>, and what it wrote there itself.</summary>
/// <remarks>A mail that is durable is so, whatever rows tell of refusals before. May be asked while it learns.</remarks>
public sealed class KnownMails
{
    /// <summary>So many small pages are made into few: a mailbox that is left on the server gets one each time there is new mail.</summary>
    private const int ManySmall = 100;

    private readonly Lock gate = new();
    private readonly Dictionary<string, UidlPage> pages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RefusedMail> refused = new(StringComparer.Ordinal);
    private readonly HashSet<DurableMail> durable = [];
    private readonly HashSet<long> sizes = [];

    /// <summary>How many mails are durable and may still be in the mailbox.</summary>
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

    /// <summary>It was collected.</summary>
    public bool IsDurable(DurableMail mail)
    {
        lock (gate)
        {
            return durable.Contains(mail);
        }
    }

    /// <summary>It was collected, and that was before this time.</summary>
    public bool IsDurableSince(DurableMail mail, DateTimeOffset time)
    {
        lock (gate)
        {
            return durable.TryGetValue(mail, out var known) && known.Since <= time;
        }
    }

    /// <summary>A mail without a UIDL that has so many octets may have been collected.</summary>
    public bool MayBeDurable(long bytes)
    {
        lock (gate)
        {
            return sizes.Contains(bytes);
        }
    }

    /// <summary>Runs in a row in which it could not be fetched.</summary>
    public int Refusals(MailListing mail)
    {
        lock (gate)
        {
            return refused.TryGetValue(mail.RefusalKey, out var row) && row.Bytes == mail.Bytes ? row.Times : 0;
        }
    }

    /// <summary>Of the substitute that is archived in its place; null: the server sent none. Without a UIDL, of one of its size.</summary>
    public Digest? Substitute(MailListing mail)
    {
        lock (gate)
        {
            return refused.GetValueOrDefault(mail.RefusalKey)?.Substitute;
        }
    }

    /// <summary>Its DELE broke a session, or that of the mail next to it.</summary>
    public bool BreaksSessions(MailListing mail)
    {
        lock (gate)
        {
            return refused.Count > 0 && refused.TryGetValue(mail.DeletionKey, out var row) && row.Bytes == mail.Bytes;
        }
    }

    /// <summary>These rows are in the table.</summary>
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

    /// <summary>Which rows tell of mails that the mailbox no longer has. A page of which some are left is made anew from these.</summary>
    /// <remarks>A mail that is gone must not stay known: the server may give its UIDL to another mail, which would be deleted without having been collected.</remarks>
    public ImmutableArray<RowChanges> Against(IReadOnlyCollection<MailListing> listed)
    {
        lock (gate)
        {
            // Of a mailbox of 100,000 mails only those that the rows tell of.
            var named = listed.Select(mail => mail.IfDurable).OfType<DurableMail>().Where(durable.Contains).ToHashSet();
            var nameless = listed.Where(mail => mail.IfDurable is null && sizes.Contains(mail.Bytes)).Select(mail => mail.Bytes).ToHashSet();
            var left = pages.Values.Select(page => (Page: page, Mails: page.Mails.Where(mail => mail.HasUidl ? named.Contains(mail) : nameless.Contains(mail.Bytes)).ToImmutableArray())).ToList();
            var merge = left.Count(page => page.Page.IsSmall) >= ManySmall;
            var old = left.Where(page => page.Page.WasUndated || page.Mails.Length < page.Page.Mails.Length || (merge && page.Page.IsSmall)).ToList();
            var awaited = refused.Count == 0 ? [] : listed
                .Where(mail => refused.TryGetValue(mail.RefusalKey, out var row) && (row.Bytes == mail.Bytes || row.Substitute is not null)
                    && (mail.IfDurable is not { } known || !durable.Contains(known)))
                .Select(mail => mail.RefusalKey)
                .Concat(listed.Where(BreaksSessions).Select(mail => mail.DeletionKey)).ToHashSet(StringComparer.Ordinal);
            return
            [
                .. old.Chunk(StorageLimits.TransactionRows / 2).Select(some => Anew(some.Select(page => page.Page.Key), UidlPage.Of(some.SelectMany(page => page.Mails)))),
                .. refused.Keys.Where(key => !awaited.Contains(key)).Chunk(StorageLimits.TransactionRows).Select(keys => Anew(keys, [])),
            ];
        }

        // No more pages are put than go, so half a transaction of old ones always fits into one.
        static RowChanges Anew(IEnumerable<string> old, ImmutableArray<UidlPage> put) => new(put, [.. old.Except(put.Select(page => page.Key), StringComparer.Ordinal)]);
    }

    /// <summary>The rows were changed so, in this order.</summary>
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
