using Azure.Core.Pipeline;
using MailDepot.Documents;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Index;

/// <summary>A depot whose receipts are written directly into the index, with the count it must have.</summary>
internal sealed class CountedDepot(TestDepot depot, FakeTimeProvider clock) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<Receipt>> written = new(StringComparer.Ordinal);
    private int number;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public FakeTimeProvider Clock => clock;

    public TestDepot Depot => depot;

    public static async Task<CountedDepot> CreateAsync(AzuriteFixture azurite, HttpPipelinePolicy? policy = null)
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        return new CountedDepot(await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, policy), clock);
    }

    /// <summary>A receipt of this age; every third did not bring its document.</summary>
    public Receipt Receipt(string container, TimeSpan age)
    {
        var count = Interlocked.Increment(ref number);
        var received = clock.GetUtcNow() - age;
        var id = Guid.CreateVersion7(received);
        return new Receipt
        {
            Id = id,
            Container = container,
            DeliveryKey = Digest.Of([1]),
            Received = received,
            Source = TestDepot.To(TestDepot.Office),
            RawBytes = 1_000 + count,
            RawSha256 = Digest.Of([1]),
            Document = new DocumentPlace($"documents/{count}.eml", Digest.Of([1]), count) { StoredBytes = 500 + count },
            DocumentFirst = count % 3 == 0 ? Guid.CreateVersion7(received) : id,
            Mail = new MailFacts(),
        };
    }

    /// <summary>Writes the receipt's row as the archiver does; repeating it is harmless.</summary>
    public async Task WriteAsync(Receipt receipt)
    {
        await depot.Get<IndexWriter>().AddAsync(receipt, new LedgerPlace("ledger/some.jsonl", 0, 1), Token);
        lock (gate)
        {
            var list = written.TryGetValue(receipt.Container, out var existing) ? existing : written[receipt.Container] = [];
            if (!list.Contains(receipt))
            {
                list.Add(receipt);
            }
        }
    }

    public Task WriteAsync(string container, TimeSpan age) => WriteAsync(Receipt(container, age));

    public Task<bool> RollUpAsync(string container) => depot.Get<Counts>().RollUpAsync(container, Token);

    public Task<ContainerCount> CountAsync(string container) => depot.Get<Counts>().OfAsync(container, Token);

    /// <summary>The count of all receipts written, each once.</summary>
    public ContainerCount Expected(string container)
    {
        lock (gate)
        {
            return written.GetValueOrDefault(container, []).Aggregate(ContainerCount.None, (sum, receipt) =>
            {
                var received = DateTimeOffset.FromUnixTimeMilliseconds(receipt.Received.ToUnixTimeMilliseconds());
                return sum.Plus(new ContainerCount(
                    1, receipt.First ? 1 : 0, receipt.RawBytes, receipt.First ? receipt.Document.StoredBytes : 0, received, received));
            });
        }
    }

    public async Task AssertCountedAsync(string container, string when) =>
        Assert.Equal($"{when}: {Expected(container)}", $"{when}: {await CountAsync(container)}");

    public ValueTask DisposeAsync() => depot.DisposeAsync();
}
