using System.Collections.Immutable;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Testing.Functions;

namespace MailDepot.Functions.Tests.Worker;

/// <summary>The published app in its real worker behind the real listeners, and the library beside it, to put mail in and look.</summary>
internal sealed class HostedApp : IAsyncDisposable
{
    private readonly FunctionsHostSetup setup;
    private FunctionsHost? host;

    private HostedApp(FunctionsHostSetup setup, TestDepot depot) => (this.setup, Depot) = (setup, depot);

    public TestDepot Depot { get; }

    public FunctionsHost Host => host ?? throw new InvalidOperationException("The host was not started.");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Makes the storage; the host is started later.</summary>
    /// <param name="app">What the worker runs.</param>
    /// <param name="account">An account of the test's own.</param>
    /// <param name="settings">Of the app, beside the usual ones.</param>
    /// <param name="change">What this host does otherwise.</param>
    public static async Task<HostedApp> CreateAsync(
        PublishedAppFixture app, string account, IEnumerable<KeyValuePair<string, string?>>? settings = null,
        Func<FunctionsHostSetup, FunctionsHostSetup>? change = null)
    {
        var own = new Dictionary<string, string?>(settings ?? [], StringComparer.Ordinal)
        {
            ["MailDepot:WorkStorage"] = account,
            ["MailDepot:Recipients:0:Pattern"] = "*",
        };
        var usual = new FunctionsHostSetup
        {
            AppFolder = await app.FolderAsync(),
            Storage = account,
            Settings = own,
            HostJson = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["extensions:queues:maxPollingInterval"] = "00:00:00.200", // an idle listener would look every 30 s
                ["extensions:queues:visibilityTimeout"] = "00:00:01",
            },
        };
        return new(change?.Invoke(usual) ?? usual, await TestDepot.CreateAsync(account, more: settings));
    }

    public async Task StartAsync() => host = await FunctionsHost.StartAsync(setup, Token);

    /// <summary>Takes mails in as a connector does, one message each.</summary>
    /// <param name="count">How many; each mail is another.</param>
    /// <param name="from">The first one's number.</param>
    public async Task<ImmutableArray<Ticket>> ReceiveAsync(int count, int from = 0)
    {
        var tickets = ImmutableArray.CreateBuilder<Ticket>(count);
        for (var number = from; number < from + count; number++)
        {
            tickets.Add(await Depot.ReceiveAsync(A.Mail().Subject($"Order {number}").Bytes()));
        }

        return tickets.ToImmutable();
    }

    /// <summary>Waits until this many calls are at work in the worker, and gives them.</summary>
    public async Task<ICollection<Task>> AtWorkAsync(int count)
    {
        ICollection<Task> calls = [];
        await Eventually.IsTrueAsync(async () => (calls = await Host.AtWorkAsync(Token)).Count >= count, $"{count} calls are at work");
        return calls;
    }

    /// <summary>Waits until every ticket has a receipt, then finds each mail archived once and nothing anywhere else.</summary>
    public async Task AreArchivedOnceAsync(IReadOnlyCollection<Ticket> tickets)
    {
        await Eventually.IsTrueAsync(
            async () => (await TestDepot.RowsAsync(Depot.Storage.Receipts)).Count >= tickets.Count, "every ticket has a receipt");
        await Eventually.IsTrueAsync(IsQueueEmptyAsync, "the queue is empty");
        Assert.Equal(tickets.Count, (await TestDepot.RowsAsync(Depot.Storage.Receipts)).Count);
        Assert.Equal(tickets.Count, (await Depot.DocumentNamesAsync()).Count);
        Assert.Empty(await TestDepot.BlobNamesAsync(Depot.Storage.Quarantine));
        Assert.Equal(0, (await Depot.Storage.ArchivePoison.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
        foreach (var ticket in tickets)
        {
            Assert.Equal(ticket.Sha256, Digest.Of(await Depot.RawAsync((await Depot.Reader.FindAsync(ticket.Id, Token))!)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        await Depot.DisposeAsync();
    }

    /// <summary>Messages that are hidden count as well.</summary>
    private async Task<bool> IsQueueEmptyAsync() =>
        (await Depot.Storage.ArchiveQueue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount == 0;
}
