using System.Collections.Immutable;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues.Models;
using MailDepot.Archive;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Receiving;
using MailDepot.Events;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MailDepot.Testing;

/// <summary>The real library on an Azurite account of its own, composed as the product composes it.</summary>
public sealed class TestDepot : IAsyncDisposable
{
    public const string Journal = "journal@depot.example.net";
    public const string Office = "office@example.com";
    public const string Container = "default";

    private readonly ServiceProvider services;
    private readonly List<DepotEvent> events = [];

    private TestDepot(ServiceProvider services)
    {
        this.services = services;
        Get<DepotEvents>().Written += (_, e) =>
        {
            lock (events)
            {
                events.Add(e);
            }
        };
    }

    public ImmutableArray<DepotEvent> Events
    {
        get
        {
            lock (events)
            {
                return [.. events];
            }
        }
    }

    public DepotStorage Storage => Get<DepotStorage>();

    public Archiver Archiver => Get<Archiver>();

    public ArchiveReader Reader => Get<ArchiveReader>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Creates queues, tables and containers, all empty.</summary>
    /// <param name="policy">A step in every call to storage, such as a fault.</param>
    /// <param name="behind">A further step, after it.</param>
    /// <param name="more">Settings added to the usual ones.</param>
    /// <param name="passwords">Keeps the passwords of mailboxes that a test adds.</param>
    public static async Task<TestDepot> CreateAsync(
        string account, TimeProvider? clock = null, HttpPipelinePolicy? policy = null, HttpPipelinePolicy? behind = null,
        IEnumerable<KeyValuePair<string, string?>>? more = null, IPasswordStore? passwords = null)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot:WorkStorage"] = account,
            ["MailDepot:Recipients:0:Pattern"] = Journal,
            ["MailDepot:Recipients:0:Journal"] = "true",
            ["MailDepot:Recipients:1:Pattern"] = "*",
        };
        var parts = new ServiceCollection().AddLogging();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).AddInMemoryCollection(more ?? []).Build();
        parts.AddReaders(configuration).AddConnectors().AddArchiver();
        if (passwords is not null)
        {
            parts.AddSingleton(passwords);
        }

        if (clock is not null)
        {
            parts.AddSingleton(clock);
        }

        foreach (var step in new[] { policy, behind }.OfType<HttpPipelinePolicy>())
        {
            parts.AddSingleton(step);
        }

        var depot = new TestDepot(parts.BuildServiceProvider());
        await depot.Storage.CreateAsync([Container], Token);
        return depot;
    }

    public static SmtpSource To(params string[] recipients) => new("192.0.2.7", "mx.example.org", "", [.. recipients]);

    /// <summary>Accepts a mail as the SMTP endpoint does.</summary>
    public Task<Ticket> ReceiveAsync(byte[] mail, string recipient = Office)
    {
        var destination = Get<IOptions<DepotOptions>>().Value.RecipientMap().Find(recipient)?.Destination ?? Postmaster.Destination;
        var source = To(recipient) with { Container = destination.Container, Journal = destination.Journal ? true : null };
        return Get<MailSpool>().AcceptAsync(source, new MemoryStream(mail), Token);
    }

    /// <summary>Archives every mail on the queue, each once, and deletes its message.</summary>
    public async Task ArchiveAllAsync()
    {
        while (await Storage.ArchiveQueue.ReceiveMessagesAsync(32, cancellationToken: Token) is { Value: { Length: > 0 } messages })
        {
            foreach (var message in messages)
            {
                await Archiver.ArchiveAsync(message.Body.ToMemory(), Token);
                await Storage.ArchiveQueue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
            }
        }
    }

    /// <summary>Receives and archives a mail, and returns its receipt.</summary>
    public async Task<Receipt> KeepAsync(byte[] mail, string recipient = Office)
    {
        var ticket = await ReceiveAsync(mail, recipient);
        await ArchiveAllAsync();
        return await Reader.FindAsync(ticket.Id, Token) ?? throw new InvalidOperationException(
            $"Ticket {ticket.Id} has no receipt: {string.Join(" / ", Events.Select(e => e.Text))}");
    }

    public async Task<byte[]> RawAsync(Receipt receipt)
    {
        using var raw = new MemoryStream();
        await Reader.WriteRawAsync(receipt, raw, Token);
        return raw.ToArray();
    }

    public async Task<byte[]> DocumentAsync(Receipt receipt)
    {
        using var bytes = new MemoryStream();
        await using var document = await Reader.OpenDocumentAsync(receipt, Token);
        await document.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }

    public static Task<List<string>> BlobNamesAsync(BlobContainerClient container, string prefix = "") =>
        container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, Token).Select(blob => blob.Name).ToListAsync(Token).AsTask();

    public Task<List<string>> DocumentNamesAsync() => BlobNamesAsync(Storage.Archive(Container), "documents/");

    public static Task<List<TableEntity>> RowsAsync(TableClient table) =>
        table.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token).AsTask();

    public Task<List<Receipt>> LedgerAsync() => Get<ReceiptLedger>().ReadAllAsync(Container, Token).ToListAsync(Token).AsTask();

    public async Task<PeekedMessage[]> QueueAsync() => (await Storage.ArchiveQueue.PeekMessagesAsync(32, Token)).Value;

    /// <summary>The tickets in the queue's messages; a message can hold several.</summary>
    public async Task<List<ReadOnlyMemory<byte>>> TicketsAsync() =>
        [.. (await QueueAsync()).SelectMany(message => TicketBundle.Unpack(message.Body.ToMemory()))];

    /// <summary>Why the only blob in quarantine is there.</summary>
    public async Task<(string Reason, string Sentence, byte[] Content)> QuarantinedAsync()
    {
        var name = Assert.Single(await BlobNamesAsync(Storage.Quarantine));
        var blob = Storage.Quarantine.GetBlobClient(name);
        var (reason, sentence) = Quarantine.ReasonOf((await blob.GetPropertiesAsync(cancellationToken: Token)).Value);
        return (reason, sentence, (await blob.DownloadContentAsync(Token)).Value.Content.ToArray());
    }

    /// <summary>Puts a ticket into quarantine, as after a day of failures.</summary>
    internal async Task<QuarantinedTicket> HoldAsync(Ticket ticket, byte[] mail, string sentence = "It never succeeded.")
    {
        var message = Tickets.Inline(ticket, mail);
        var payload = await TicketPayload.ReadAsync(message, Storage, Token);
        await Get<Quarantine>().PutAsync(message, payload, new UnarchivableException(QuarantineReason.NeverSucceeded, sentence), Token);
        return await Get<QuarantinedTickets>().FindAsync($"{ticket.Id}", Token)
            ?? throw new InvalidOperationException("It is not in quarantine.");
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
