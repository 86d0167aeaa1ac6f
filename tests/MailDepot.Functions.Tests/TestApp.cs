using System.Text;
using Azure.Data.Tables;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;
using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace MailDepot.Functions.Tests;

/// <summary>The app with its real services on an Azurite account of its own, with just enough of a Functions host around it.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    public const string Office = "office@example.com";

    private readonly IHost app;
    private readonly FunctionInvoker functions;
    private readonly List<DepotEvent> events = [];

    private TestApp(IHost app)
    {
        this.app = app;
        functions = new FunctionInvoker(app.Services);
        Get<DepotEvents>().Written += (_, e) => events.Add(e);
    }

    public IReadOnlyList<DepotEvent> Events => events;

    public DepotStorage Storage => Get<DepotStorage>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Builds the app as it builds itself, and creates the storage that the template creates.</summary>
    public static async Task<TestApp> CreateAsync(
        string account,
        IEnumerable<KeyValuePair<string, string?>>? more = null,
        Action<FunctionsApplicationBuilder>? prepare = null)
    {
        var settings = new Dictionary<string, string?>(more ?? [], StringComparer.Ordinal)
        {
            ["MailDepot:WorkStorage"] = account,
            ["MailDepot:Recipients:0:Pattern"] = "*",
        };
        var builder = FunctionsApp.Create([.. settings.Select(setting => $"--{setting.Key}={setting.Value}")]);
        builder.Services.Configure<LoggerFilterOptions>(filter => filter.AddFilter<ConsoleLoggerProvider>(null, LogLevel.None));
        prepare?.Invoke(builder);
        var test = new TestApp(builder.Build());
        await test.Storage.CreateAsync(["default"], Token);
        return test;
    }

    /// <summary>Prepares an app that has this part too, such as a step of every call to storage.</summary>
    public static Action<FunctionsApplicationBuilder> With<T>(T part)
        where T : class => builder => builder.Services.AddSingleton(part);

    /// <summary>Runs a function on its timer's tick.</summary>
    public Task TickAsync(string function) => functions.InvokeAsync(function, new TimerInfo(), Token);

    /// <summary>Runs a function on one message.</summary>
    public Task InvokeAsync(string function, BinaryData message, CancellationToken ct) =>
        functions.InvokeAsync(function, Encoding.ASCII.GetBytes(Convert.ToBase64String(message)), ct);

    /// <summary>Runs a function on each message of its queue. The message is deleted unless the function throws.</summary>
    /// <returns>How many messages were deleted.</returns>
    public async Task<int> DrainAsync(string function)
    {
        var queue = Queue(function);
        var done = 0;
        while (await queue.ReceiveMessagesAsync(Pipeline.BatchSize, Pipeline.Visibility, Token) is { Value: { Length: > 0 } messages })
        {
            foreach (var message in messages)
            {
                try
                {
                    await InvokeAsync(function, message.Body, Token);
                }
                catch (Exception) when (!Token.IsCancellationRequested)
                {
                    continue; // it becomes visible again later
                }

                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
                done++;
            }
        }

        return done;
    }

    /// <summary>Runs a function on the next message of its queue, and deletes that message.</summary>
    /// <returns>False if there was none.</returns>
    public async Task<bool> HandleNextAsync(string function)
    {
        if (await Queue(function).ReceiveMessageAsync(Pipeline.Visibility, Token) is not { Value: { } message })
        {
            return false;
        }

        await InvokeAsync(function, message.Body, Token);
        await Queue(function).DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
        return true;
    }

    /// <summary>The queue of a function, found as the Functions host finds it: by the name in the attribute.</summary>
    public QueueClient Queue(string function)
    {
        var name = FunctionInvoker.Trigger<QueueTriggerAttribute>(FunctionInvoker.Functions[function])!.QueueName;
        return new[] { Storage.ArchiveQueue, Storage.ArchivePoison, Storage.Pop3Queue }.Single(queue => queue.Name == name);
    }

    /// <summary>Accepts a mail as a connector does.</summary>
    public Task<Ticket> ReceiveAsync(byte[] mail) =>
        Get<MailSpool>().AcceptAsync(new SmtpSource("192.0.2.7", "mx.example.org", "", [Office]), new MemoryStream(mail), Token);

    public Task<Receipt?> ReceiptAsync(Guid id) => Get<ArchiveReader>().FindAsync(id, Token);

    public async Task<byte[]> RawAsync(Receipt receipt)
    {
        using var raw = new MemoryStream();
        await Get<ArchiveReader>().WriteRawAsync(receipt, raw, Token);
        return raw.ToArray();
    }

    public Task<List<TableEntity>> ReceiptRowsAsync() =>
        Storage.Receipts.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token).AsTask();

    public Task<List<string>> DocumentNamesAsync() => Storage.Archive("default")
        .GetBlobsAsync(new GetBlobsOptions { Prefix = "documents/" }, Token).Select(blob => blob.Name).ToListAsync(Token).AsTask();

    public async ValueTask DisposeAsync()
    {
        if (app is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
