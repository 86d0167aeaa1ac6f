using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Answers queries from the rows: one receipt, the newest mails, a person's mails, the flagged ones.</summary>
public sealed class IndexReader(DepotStorage storage)
{
    /// <summary>Small queries in flight at a time for one page.</summary>
    private const int ReadsAtOnce = 16;

    /// <summary>Where this receipt is in the ledger; null if no archive container has its row.</summary>
    /// <remarks>The minute is part of the id, so this takes one point read per archive container.</remarks>
    public async Task<ReceiptPlace?> FindAsync(Guid id, CancellationToken ct)
    {
        await foreach (var container in storage.ArchivesAsync(ct))
        {
            if (await RowAsync(container, id, ct) is { } row)
            {
                var line = IndexRows.Place(row) ?? throw new InvalidDataException(
                    $"The row of receipt {id} has no place in the ledger: repair it with `maildepot index rebuild`.");
                return new ReceiptPlace(container, line, IndexRows.FactsPlace(row));
            }
        }

        return null;
    }

    /// <summary>
    /// Ids in a range, each once, in no particular order: of receipts, of tickets that were folded into one, and of tickets that a
    /// person deleted from quarantine.
    /// </summary>
    /// <remarks>One query per minute and archive container: meant for ids with a common prefix, which are close in time.</remarks>
    public async IAsyncEnumerable<Guid> IdsBetweenAsync(Guid first, Guid last, [EnumeratorCancellation] CancellationToken ct)
    {
        var containers = await storage.ArchivesAsync(ct).ToListAsync(ct);
        var (newest, oldest) = (TableKey.NewestFirst(last), TableKey.NewestFirst(first));
        for (var minute = Minute(first); minute <= Minute(last); minute++)
        {
            var time = DateTimeOffset.FromUnixTimeSeconds(minute * 60);
            var places = containers.Select(container => (Table: storage.Receipts, Partition: IndexRows.ReceiptPartition(container, time)))
                .Append((storage.Deliveries, DeliveryRows.FoldedPartition(time)))
                .Append((storage.Deliveries, DeliveryRows.DeletedPartition(time)));
            var seen = new HashSet<string>(StringComparer.Ordinal); // a ticket may have a deletion's mark and still have been released
            foreach (var (table, partition) in places)
            {
                var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {newest} and RowKey le {oldest}");
                var rows = table.QueryAsync<TableEntity>(filter, select: ["RowKey"], cancellationToken: ct);
                await foreach (var row in rows.Where(row => seen.Add(row.RowKey)))
                {
                    yield return TableKey.Id(row.RowKey);
                }
            }
        }

        static long Minute(Guid id) => TableKey.TimeOf(id).ToUnixTimeSeconds() / 60;
    }

    /// <summary>Whether the receipt has a row.</summary>
    public async Task<bool> HasReceiptAsync(string container, Guid id, CancellationToken ct) =>
        await RowAsync(container, id, ct) is not null;

    /// <summary>Mails newest first: one entry per document, with the recipients of all its receipts.</summary>
    /// <param name="container">The archive container's name; null for all.</param>
    /// <param name="count">Mails per page, at most.</param>
    /// <param name="after">The previous page's <see cref="MailPage.Next"/>; null for the first page.</param>
    public async Task<MailPage> ListAsync(string? container, int count, Guid? after, CancellationToken ct)
    {
        var page = await MergeAsync(container, count, name => FirstReceiptsAsync(name, count, after, ct), ct);
        var mails = new ListedMail[page.Mails.Count];
        await Parallel.ForEachAsync(
            page.Mails.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = ct },
            async (mail, token) => mails[mail.Index] = await WithLaterReceiptsAsync(mail.Item, token));
        return page with { Mails = mails };
    }

    /// <summary>Mails in which an address has a role, newest first.</summary>
    /// <param name="address">Compared without case.</param>
    /// <inheritdoc cref="ListAsync" path="/param"/>
    public Task<MailPage> ListParticipantAsync(string address, string? container, int count, Guid? after, CancellationToken ct) =>
        MergeAsync(container, count, name => ParticipantRowsAsync(name, address, count, after, ct), ct);

    /// <summary>Receipts with a flag, newest first; only their rows are read.</summary>
    /// <param name="flag">The flag; null for any.</param>
    /// <inheritdoc cref="ListAsync" path="/param"/>
    public Task<MailPage> ListFlaggedAsync(ReceiptFlag? flag, string? container, int count, Guid? after, CancellationToken ct) =>
        MergeAsync(
            container, count, name => FlaggedRowsAsync(name, flag is { } one ? [one] : Enum.GetValues<ReceiptFlag>(), count, after, ct),
            ct);

    /// <summary>All receipts of the receipt's document, first one first: each report of a mail has one.</summary>
    public async Task<IReadOnlyList<Guid>> ReceiptsOfDocumentAsync(Receipt receipt, CancellationToken ct) =>
    [
        receipt.DocumentFirst,
        .. await LaterReceiptsAsync(receipt.Container, receipt.Document.Path, receipt.DocumentFirst, ct).Order().ToListAsync(ct),
    ];

    private IAsyncEnumerable<TableEntity> FirstReceiptsAsync(string container, int count, Guid? after, CancellationToken ct)
    {
        (string, string)? start = after is { } id
            ? (IndexRows.ReceiptPartition(container, TableKey.TimeOf(id)), TableKey.NewestFirst(id))
            : null;
        return new NewestRows(storage.Receipts, container, " and First eq true").ReadAsync(count + 1, start, ct);
    }

    /// <summary>Omits the row of a document's later receipt if the first receipt has the same person.</summary>
    private IAsyncEnumerable<TableEntity> ParticipantRowsAsync(
        string container, string address, int count, Guid? after, CancellationToken ct)
    {
        (string, string)? start = after is { } id
            ? (IndexRows.ParticipantPartition(container, address, TableKey.TimeOf(id)), TableKey.NewestFirst(id))
            : null;
        return new NewestRows(storage.Participants, $"{container}{TableKey.Separator}{TableKey.Escape(EmailAddress.Key(address))}")
            .ReadAsync(count + 1, start, ct)
            .Where(async (row, token) =>
            {
                var first = TableKey.NewestFirst(row.GetGuid("DocumentFirst") ?? default);
                return first == row.RowKey
                    || !(await storage.Participants.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, first, [], token)).HasValue;
            });
    }

    /// <summary>A receipt with two flags has two rows, and is listed once.</summary>
    private async IAsyncEnumerable<TableEntity> FlaggedRowsAsync(
        string container, ReceiptFlag[] flags, int count, Guid? after, [EnumeratorCancellation] CancellationToken ct)
    {
        var rows = new SortedDictionary<string, TableEntity>(StringComparer.Ordinal);
        foreach (var flag in flags)
        {
            (string, string)? start = after is { } id
                ? (IndexRows.FlagPartition(container, flag, TableKey.TimeOf(id)), TableKey.NewestFirst(id))
                : null;
            var newest = new NewestRows(storage.Participants, IndexRows.FlagPrefix(container, flag)).ReadAsync(count + 1, start, ct);
            await foreach (var row in newest.Take(count + 1))
            {
                rows.TryAdd(row.RowKey, row);
            }
        }

        foreach (var row in rows.Values)
        {
            yield return row;
        }
    }

    /// <summary>Takes the newest from all these archive containers; one mail beyond the page shows whether another page follows.</summary>
    private async Task<MailPage> MergeAsync(
        string? container, int count, Func<string, IAsyncEnumerable<TableEntity>> rows, CancellationToken ct)
    {
        var names = container is null ? await storage.ArchivesAsync(ct).ToListAsync(ct) : [container];
        var found = new List<ListedMail>();
        foreach (var name in names)
        {
            found.AddRange(await rows(name).Take(count + 1).Select(ListedMail.Of).ToListAsync(ct));
        }

        var mails = found.OrderBy(mail => TableKey.NewestFirst(mail.Id), StringComparer.Ordinal).Take(count).ToList();
        return new MailPage(mails, found.Count > count ? mails[^1].Id : null);
    }

    private async Task<ListedMail> WithLaterReceiptsAsync(ListedMail mail, CancellationToken ct)
    {
        var later = new List<TableEntity>();
        await foreach (var id in LaterReceiptsAsync(mail.Container, mail.DocumentPath!, mail.Id, ct).Order())
        {
            if (await RowAsync(mail.Container, id, ct) is { } receipt)
            {
                later.Add(receipt);
            }
        }

        return later.Count == 0 ? mail : mail with
        {
            Receipts = 1 + later.Count,
            Recipients = Union(mail.Recipients, "Recipients"),
            HiddenRecipients = Union(mail.HiddenRecipients, "HiddenRecipients"),
        };

        string? Union(string? first, string column) => string.Join(", ", later.Select(row => row.GetString(column)).Prepend(first)
            .SelectMany(text => (text ?? "").Split(", ", StringSplitOptions.RemoveEmptyEntries))
            .DistinctBy(EmailAddress.Key, StringComparer.Ordinal)) is { Length: > 0 } all ? all : null;
    }

    /// <summary>All but <paramref name="first"/>, which also has a row if it succeeded a deleted ticket.</summary>
    private IAsyncEnumerable<Guid> LaterReceiptsAsync(string container, string documentPath, Guid first, CancellationToken ct)
    {
        var partition = DeliveryRows.Partition(container, documentPath);
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition}");
        return storage.Deliveries.QueryAsync<TableEntity>(filter, cancellationToken: ct)
            .Select(DeliveryRows.Receipt).Where(id => id != first).Distinct();
    }

    private async Task<TableEntity?> RowAsync(string container, Guid id, CancellationToken ct)
    {
        var partition = IndexRows.ReceiptPartition(container, TableKey.TimeOf(id));
        var row = await storage.Receipts.GetEntityIfExistsAsync<TableEntity>(partition, TableKey.NewestFirst(id), cancellationToken: ct);
        return row.HasValue ? row.Value : null;
    }
}
