using System.Runtime.CompilerServices;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace MailDepot.Storage;

/// <summary>The only place that creates storage clients and knows every queue, table and container by name.</summary>
public sealed class DepotStorage
{
    /// <summary>Retries per call. Few, because the caller (the queue, the SMTP client, a person) retries later anyway.</summary>
    private const int Retries = 3;

    /// <summary>Delay before the first retry, doubled for each: with three, 2.8 s until the error shows or a client gets its 451.</summary>
    private static readonly TimeSpan FirstRetryAfter = TimeSpan.FromSeconds(0.4);

    /// <summary>Blob containers with this prefix are archive containers.</summary>
    private const string ArchivePrefix = "archive-";

    private readonly BlobServiceClient archiveBlobs;

    /// <summary>Creates the clients, without connecting.</summary>
    /// <param name="options">Names the two accounts.</param>
    /// <param name="requests">Counts requests on the wire.</param>
    /// <param name="policies">Further pipeline policies per call, before the SDK's retries: faults, in tests.</param>
    public DepotStorage(StorageOptions options, RequestCounter requests, IEnumerable<HttpPipelinePolicy> policies)
    {
        var work = new StorageAccount(options.Work);
        var archive = options.Archive is { Length: > 0 } own ? new StorageAccount(own) : work;
        HasKeys = work.HasKey && archive.HasKey;
        var calls = policies.ToList();

        // A queue takes text only, and tickets are bytes. Functions decode by themselves: QueueText.
        var encoded = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        encoded.MessageDecodingFailed += ReencodeAsync;
        var queues = work.Queues(Prepare(encoded, "queue"));
        var workBlobs = work.Blobs(Prepare(new BlobClientOptions(), "blob"));
        archiveBlobs = archive.Blobs(Prepare(new BlobClientOptions(), "blob"));
        var tables = archive.Tables(Prepare(new TableClientOptions(), "table"));

        ArchiveQueue = queues.GetQueueClient(QueueNames.Archive);
        Pop3Queue = queues.GetQueueClient(QueueNames.Pop3Poll);
        ArchivePoison = queues.GetQueueClient(QueueNames.ArchivePoison);
        Spool = workBlobs.GetBlobContainerClient("spool");
        Leases = workBlobs.GetBlobContainerClient("leases");
        Quarantine = archiveBlobs.GetBlobContainerClient("quarantine");
        Receipts = tables.GetTableClient("Receipts");
        Participants = tables.GetTableClient("Participants");
        Deliveries = tables.GetTableClient("Deliveries");
        Containers = tables.GetTableClient("Containers");
        Mailboxes = tables.GetTableClient("Mailboxes");
        Uidls = tables.GetTableClient("Uidls");
        Events = tables.GetTableClient("Events");

        T Prepare<T>(T client, string service)
            where T : ClientOptions
        {
            client.Retry.MaxRetries = Retries;
            client.Retry.Delay = FirstRetryAfter;
            client.AddPolicy(requests.For(service), HttpPipelinePosition.PerRetry);
            calls.ForEach(policy => client.AddPolicy(policy, HttpPipelinePosition.PerCall));
            return client;
        }
    }

    /// <summary>Queue <c>archive</c>: tickets to archive.</summary>
    public QueueClient ArchiveQueue { get; }

    /// <summary>Queue <c>pop3-poll</c>: mailboxes that are due.</summary>
    public QueueClient Pop3Queue { get; }

    /// <summary>Queue <c>archive-poison</c>: tickets that failed five times.</summary>
    public QueueClient ArchivePoison { get; }

    /// <summary>Tickets too large for a message.</summary>
    public BlobContainerClient Spool { get; }

    /// <summary>Empty blobs whose leases make work exclusive.</summary>
    public BlobContainerClient Leases { get; }

    /// <summary>Tickets that need a person.</summary>
    public BlobContainerClient Quarantine { get; }

    /// <summary>One row per receipt.</summary>
    public TableClient Receipts { get; }

    /// <summary>One row per receipt and address or flag.</summary>
    public TableClient Participants { get; }

    /// <summary>One row per delivery of a document, from the second on.</summary>
    public TableClient Deliveries { get; }

    /// <summary>One partition per archive container, with its counts.</summary>
    public TableClient Containers { get; }

    /// <summary>One row per POP3 mailbox: when it was polled, and with what result.</summary>
    public TableClient Mailboxes { get; }

    /// <summary>One row per mail that was collected and may still be in its mailbox.</summary>
    public TableClient Uidls { get; }

    /// <summary>One row per process and second, or more if the events do not fit.</summary>
    public TableClient Events { get; }

    /// <summary>The archive container of this name: documents and ledger.</summary>
    public BlobContainerClient Archive(string name) => archiveBlobs.GetBlobContainerClient(ArchivePrefix + name);

    /// <summary>Whether the archive account is on this machine (Azurite), where we may create archive containers.</summary>
    public bool IsLocal => archiveBlobs.Uri.IsLoopback;

    /// <summary>
    /// Whether we have the keys of both accounts and may create what is missing; for an identity the template has created it.
    /// </summary>
    public bool HasKeys { get; }

    /// <summary>The archive account's name.</summary>
    public string ArchiveAccount => archiveBlobs.AccountName;

    /// <summary>The names of the existing archive containers, in alphabetical order.</summary>
    public async IAsyncEnumerable<string> ArchivesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var container in archiveBlobs.GetBlobContainersAsync(prefix: ArchivePrefix, cancellationToken: ct))
        {
            yield return container.Name[ArchivePrefix.Length..];
        }
    }

    /// <summary>
    /// Resends a message that is not base64 as base64. Otherwise it would fail every batch it comes in, forever; now it ends in
    /// quarantine like any message that is not a ticket.
    /// </summary>
    private static async Task ReencodeAsync(QueueMessageDecodingFailedEventArgs failed)
    {
        if (failed.ReceivedMessage is { } message)
        {
            await failed.Queue.SendMessageAsync(
                message.Body, timeToLive: StorageLimits.NeverExpires, cancellationToken: failed.CancellationToken);
            await failed.Queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, failed.CancellationToken);
        }
    }

    /// <summary>Creates an archive container. On Azure the template does it, and our identities may not.</summary>
    public async Task<Put> CreateArchiveAsync(string name, CancellationToken ct) =>
        await Archive(name).CreateIfNotExistsAsync(cancellationToken: ct) is null ? Put.AlreadyThere : Put.Created;

    /// <summary>Creates what is missing, for local depots and tests. On Azure the template does it, and our identities may not.</summary>
    public async Task CreateAsync(IEnumerable<string> archives, CancellationToken ct)
    {
        foreach (var queue in new[] { ArchiveQueue, ArchivePoison, Pop3Queue })
        {
            await queue.CreateIfNotExistsAsync(cancellationToken: ct);
        }

        BlobContainerClient[] containers = [Spool, Leases, Quarantine, .. archives.Distinct(StringComparer.Ordinal).Select(Archive)];
        foreach (var container in containers)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: ct);
        }

        foreach (var table in new[] { Receipts, Participants, Deliveries, Containers, Mailboxes, Uidls, Events })
        {
            await table.CreateIfNotExistsAsync(ct);
        }
    }
}
