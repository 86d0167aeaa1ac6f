using System.Globalization;
using MailDepot.Index;
using MailDepot.Storage;

namespace MailDepot.Tests.Index;

public sealed class CountsTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan Fresh = TimeSpan.Zero;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counts_agree_with_what_was_kept()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var counts = depot.Get<Counts>();
        Assert.Equal(ContainerCount.None, await counts.OfAsync(TestDepot.Container, Token));
        var one = await depot.KeepAsync(A.Mail().Bytes(), "one@example.com");
        var two = await depot.KeepAsync(A.Mail().Bytes(), "two@example.com");

        var blob = await depot.Storage.Archive(TestDepot.Container).GetBlobClient(one.Document.Path)
            .GetPropertiesAsync(cancellationToken: Token);
        Assert.Equal((blob.Value.ContentLength, blob.Value.ContentLength), (one.Document.StoredBytes, two.Document.StoredBytes));
        Assert.Equal(
            new ContainerCount(
                2, 1, one.RawBytes + two.RawBytes, blob.Value.ContentLength, TableKey.TimeOf(one.Id), TableKey.TimeOf(two.Id)),
            await counts.OfAsync(TestDepot.Container, Token));
    }

    [Fact]
    public async Task Minutes_are_summed_once_they_are_closed_and_then_their_rows_are_not_read_again()
    {
        await using var counted = await CountedDepot.CreateAsync(azurite);
        await counted.WriteAsync("default", Fresh);
        Assert.False(await counted.RollUpAsync("default"));
        counted.Clock.Advance(DirtyHours.ClosedAfter + TimeSpan.FromMinutes(1));
        await counted.WriteAsync("default", Fresh);
        Assert.True(await counted.RollUpAsync("default"));
        Assert.False(await counted.RollUpAsync("default"));
        await counted.AssertCountedAsync("default", "rolled up");

        var rows = await TestDepot.RowsAsync(counted.Depot.Storage.Receipts);
        foreach (var row in rows.Where(row => row.GetDateTimeOffset("Received") == Tickets.Noon))
        {
            await counted.Depot.Storage.Receipts.DeleteEntityAsync(row, cancellationToken: Token);
        }

        await counted.AssertCountedAsync("default", "the row is gone, its sum is not");
    }

    [Fact]
    public async Task Hours_and_days_add_up_to_the_count()
    {
        await using var counted = await CountedDepot.CreateAsync(azurite);
        for (var i = 0; i < 12; i++)
        {
            await counted.WriteAsync("default", TimeSpan.FromMinutes(i * 250));
        }

        counted.Clock.Advance(TimeSpan.FromHours(1));
        Assert.True(await counted.RollUpAsync("default"));
        var rows = await TestDepot.RowsAsync(counted.Depot.Storage.Containers);
        foreach (var kind in new[] { "hour|", "day|" })
        {
            var sums = rows.Where(row => row.RowKey.StartsWith(kind, StringComparison.Ordinal)).ToList();
            Assert.Equal(12, sums.Sum(row => row.GetInt64("Receipts")));
            Assert.Equal(
                sums.Select(row => row.GetDateTimeOffset("Start")).OrderDescending(), sums.Select(row => row.GetDateTimeOffset("Start")));
        }

        Assert.DoesNotContain(rows, row => row.RowKey.StartsWith("late|", StringComparison.Ordinal));
        await counted.AssertCountedAsync("default", "rolled up");
    }

    [Fact]
    public async Task A_late_receipt_counts_at_once_and_its_mark_is_removed_with_the_next_sum()
    {
        await using var counted = await CountedDepot.CreateAsync(azurite);
        await counted.WriteAsync("default", Fresh);
        counted.Clock.Advance(TimeSpan.FromHours(3));
        await counted.RollUpAsync("default");
        await counted.WriteAsync("default", TimeSpan.FromHours(3));
        await counted.WriteAsync("default", TimeSpan.FromDays(40));
        await counted.AssertCountedAsync("default", "marked");
        Assert.True(await counted.RollUpAsync("default"));
        await counted.AssertCountedAsync("default", "summed again");
        Assert.DoesNotContain(
            await TestDepot.RowsAsync(counted.Depot.Storage.Containers), row => row.RowKey.StartsWith("late|", StringComparison.Ordinal));
        Assert.False(await counted.RollUpAsync("default"));
    }

    [Fact]
    public Task Whatever_happens_between_two_calls_of_housekeeping_the_count_stays_correct()
    {
        Func<CountedDepot, string, Task>[] interruptions =
        [
            (counted, container) => counted.RollUpAsync(container),
            (counted, container) => counted.WriteAsync(container, TimeSpan.FromHours(2)),
            (counted, container) => counted.WriteAsync(container, TimeSpan.FromMinutes(12)),
            async (counted, container) =>
            {
                await counted.WriteAsync(container, TimeSpan.FromHours(1));
                counted.Clock.Advance(TimeSpan.FromMinutes(7));
                await counted.RollUpAsync(container);
            },
        ];
        return SideBySide.EachAsync(interruptions.Index(), async one =>
        {
            var interrupt = new InterruptAt();
            await using var counted = await CountedDepot.CreateAsync(azurite, interrupt);
            var calls = int.MaxValue;
            for (var call = 1; call <= calls; call++)
            {
                var container = string.Create(CultureInfo.InvariantCulture, $"c{call}");
                await PrepareAsync(counted, container);
                interrupt.Reset(call, () => one.Item(counted, container));
                await counted.RollUpAsync(container);
                calls = interrupt.Calls < call ? 0 : int.MaxValue;
                interrupt.Reset(0, () => Task.CompletedTask);
                await counted.AssertCountedAsync(container, $"interruption {one.Index} before call {call}");
                await counted.RollUpAsync(container);
                await counted.AssertCountedAsync(container, $"interruption {one.Index} before call {call}, rolled up again");
            }
        });
    }

    [Fact]
    public async Task Two_housekeeping_runs_may_be_the_first_at_the_same_time()
    {
        var interrupt = new InterruptAt();
        await using var counted = await CountedDepot.CreateAsync(azurite, interrupt);
        for (var (call, last) = (1, false); !last; call++)
        {
            var container = string.Create(CultureInfo.InvariantCulture, $"f{call}");
            await counted.WriteAsync(container, TimeSpan.FromHours(30));
            await counted.WriteAsync(container, TimeSpan.FromMinutes(3));
            counted.Clock.Advance(TimeSpan.FromMinutes(15));
            interrupt.Reset(call, () => counted.RollUpAsync(container));
            await counted.RollUpAsync(container);
            last = interrupt.Calls < call;
            interrupt.Reset(0, () => Task.CompletedTask);
            await counted.AssertCountedAsync(container, $"another housekeeper before call {call}");
        }
    }

    [Fact]
    public async Task Whatever_happens_between_two_calls_of_a_reader_it_counts_the_state_before_or_after()
    {
        var interrupt = new InterruptAt();
        await using var counted = await CountedDepot.CreateAsync(azurite, interrupt);
        for (var (call, last) = (1, false); !last; call++)
        {
            var container = string.Create(CultureInfo.InvariantCulture, $"r{call}");
            await PrepareAsync(counted, container);
            interrupt.Reset(call, () => counted.RollUpAsync(container));
            await counted.AssertCountedAsync(container, $"a housekeeper before call {call}");
            last = interrupt.Calls < call;
        }
    }

    /// <summary>Receipts that are rolled up, closed since, late, and new.</summary>
    private static async Task PrepareAsync(CountedDepot counted, string container)
    {
        await counted.WriteAsync(container, TimeSpan.FromHours(30));
        await counted.WriteAsync(container, TimeSpan.FromMinutes(40));
        await counted.RollUpAsync(container);
        await counted.WriteAsync(container, TimeSpan.FromMinutes(40));
        await counted.WriteAsync(container, TimeSpan.Zero);
        counted.Clock.Advance(TimeSpan.FromMinutes(15));
        await counted.WriteAsync(container, TimeSpan.Zero);
    }
}
