using System.Runtime.CompilerServices;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Options;

namespace MailDepot.Storage;

/// <summary>The one place that makes storage clients and knows every queue, table and container by name.</summary>
public sealed class DepotStorage
{
    /// <summary>Tries after the first: what calls us tries again anyway (the queue, the SMTP client, a person), but not at once.</summary>
    private const int Retries = 3;

    /// <summary>Before the first further try, doubled for each: with three, 2.8 s until a person is told or a client gets its 451.</summary>
    private static readonly TimeSpan FirstRetryAfter = TimeSpan.FromSeconds(0.4);

    /// <summary>Blob containers with this prefix are archive containers.</summary>
    private const string ArchivePrefix = "archive-";

    private readonly BlobServiceClient archiveBlobs;

    /// <summary>Makes clients; talks to nobody yet.</summary>
    /// <param name="options">Names the two accounts.</param>
    /// <param name="requests">Counts what goes over the wire.</param>
    /// <param name="policies">Further steps of every call, before the SDK's retries: faults, in tests.</param>
    public DepotStorage(IOptions<DepotOptions> options, RequestCounter requests, IEnumerable<HttpPipelinePolicy> policies)
    {
        var work = new StorageAccount(options.Value.WorkStorage);
        var archive = options.Value.ArchiveStorage is { Length: > 0 } own ? new StorageAccount(own) : work;
        HasKeys = work.HasKey && archive.HasKey;
        var calls = policies.ToList();

        // The Functions host reads and writes base64; any other encoding ends as poison almost without a word (sdk-net#21449).
        var encoded = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        encoded.MessageDecodingFailed += PutAgainEncodedAsync;
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

    /// <summary>Queue <c>archive</c>: a message is a ticket.</summary>
    public QueueClient ArchiveQueue { get; }

    /// <summary>Queue <c>pop3-poll</c>: a message names a mailbox that is due.</summary>
    public QueueClient Pop3Queue { get; }

    /// <summary>Queue <c>archive-poison</c>: tickets that failed five times.</summary>
    public QueueClient ArchivePoison { get; }

    /// <summary>Tickets too big for a message.</summary>
    public BlobContainerClient Spool { get; }

    /// <summary>Empty blobs whose leases say who does what alone.</summary>
    public BlobContainerClient Leases { get; }

    /// <summary>What needs a person.</summary>
    public BlobContainerClient Quarantine { get; }

    /// <summary>A row a receipt.</summary>
    public TableClient Receipts { get; }

    /// <summary>A row an address and receipt.</summary>
    public TableClient Participants { get; }

    /// <summary>A row a document's delivery, from the second on.</summary>
    public TableClient Deliveries { get; }

    /// <summary>What was counted of each archive container: a partition each.</summary>
    public TableClient Containers { get; }

    /// <summary>A row a POP3 mailbox: when it was polled, and with what result.</summary>
    public TableClient Mailboxes { get; }

    /// <summary>A row a mail that was collected and may still be in its mailbox.</summary>
    public TableClient Uidls { get; }

    /// <summary>A row what one process told in a second, if it fits.</summary>
    public TableClient Events { get; }

    /// <summary>The blobs of the archive container of this name: documents and ledger.</summary>
    public BlobContainerClient Archive(string name) => archiveBlobs.GetBlobContainerClient(ArchivePrefix + name);

    /// <summary>The archive account is on this machine (Azurite): here we may make archive containers ourselves.</summary>
    public bool IsLocal => archiveBlobs.Uri.IsLoopback;

    /// <summary>We have the keys of both accounts, so what is missing in them is ours to make; an identity gets what the template made.</summary>
    public bool HasKeys { get; }

    /// <summary>The archive account's name.</summary>
    public string ArchiveAccount => archiveBlobs.AccountName;

    /// <summary>The archive containers that exist, by name, in alphabetical order.</summary>
    public async IAsyncEnumerable<string> ArchivesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var container in archiveBlobs.GetBlobContainersAsync(prefix: ArchivePrefix, cancellationToken: ct))
        {
            yield return container.Name[ArchivePrefix.Length..];
        }
    }

    /// <summary>
    /// Without this, one message that is not base64 would fail the whole batch it comes in, for ever. Put again encoded,
    /// it goes the way of every message that is no ticket: into quarantine.
    /// </summary>
    private static async Task PutAgainEncodedAsync(QueueMessageDecodingFailedEventArgs failed)
    {
        if (failed.ReceivedMessage is { } message)
        {
            await failed.Queue.SendMessageAsync(message.Body, timeToLive: StorageLimits.NeverExpires, cancellationToken: failed.CancellationToken);
            await failed.Queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, failed.CancellationToken);
        }
    }

    /// <summary>Creates an archive container. On Azure the template does it, and our identities may not.</summary>
    public async Task<Put> CreateArchiveAsync(string name, CancellationToken ct) =>
        await Archive(name).CreateIfNotExistsAsync(cancellationToken: ct) is null ? Put.AlreadyThere : Put.Created;

    /// <summary>Creates what is missing: for local depots and tests. On Azure the template does it, and our identities may not.</summary>
    public async Task CreateAsync(IEnumerable<string> archives, CancellationToken ct)
    {
        foreach (var queue in new[] { ArchiveQueue, ArchivePoison, Pop3Queue })
        {
            await queue.CreateIfNotExistsAsync(cancellationToken: ct);
        }

        foreach (var container in archives.Distinct(StringComparer.Ordinal).Select(Archive).Prepend(Quarantine).Prepend(Leases).Prepend(Spool))
        {
            await container.CreateIfNotExistsAsync(cancellationToken: ct);
        }

        foreach (var table in new[] { Receipts, Participants, Deliveries, Containers, Mailboxes, Uidls, Events })
        {
            await table.CreateIfNotExistsAsync(ct);
        }
    }
}
