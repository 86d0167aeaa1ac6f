using System.Globalization;
using System.Text;
using Azure;
using Azure.Data.Tables;
using MailDepot.Events;
using MailDepot.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Events;

/// <summary>A row of the live log is a page of events; readers never notice where a page ends.</summary>
public sealed class EventPagesTests(AzuriteFixture azurite)
{
    private readonly FakeTimeProvider clock = new(Tickets.Noon);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task However_many_events_a_second_has_they_are_one_row()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 300; i++)
        {
            Write(depot, $"{i}: from mx.example.org, 31 KB");
            clock.Advance(TimeSpan.FromMilliseconds(3));
        }

        await log.FlushAsync(Token);
        var page = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Events));
        Assert.Equal(300, page.GetInt32("Events"));
        Assert.Equal(depot.Events, await ReadAsync(depot, int.MaxValue));
    }

    [Fact]
    public async Task Events_that_do_not_fit_a_property_continue_on_another_page()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 200; i++)
        {
            Write(depot, $"{i} {new string('ß', 1_000)}");
        }

        await log.FlushAsync(Token);
        var pages = await TestDepot.RowsAsync(depot.Storage.Events);
        Assert.InRange(pages.Count, 7, 8); // 200 times 2.1 KB
        Assert.All(pages, page => Assert.InRange(page.GetBinary("Lines").Length, 1, StorageLimits.PropertyBytes));
        Assert.Equal(depot.Events, await ReadAsync(depot, int.MaxValue));
        Assert.Equal(depot.Events[77..], await ReadAsync(depot, 123));
    }

    [Fact]
    public async Task A_page_may_be_full_to_the_last_byte()
    {
        await using var depot = await CreateAsync();
        var lines = new List<EventLine>();
        for (uint number = 0; lines.Sum(line => line.Write().Length) is var used && used < StorageLimits.PropertyBytes; number++)
        {
            var line = new EventLine(Tickets.Noon, number, "archived", null, new string('x', StorageLimits.ListTextLength));
            var excess = used + line.Write().Length - StorageLimits.PropertyBytes;
            lines.Add(excess <= 0 ? line : line with { Text = line.Text[excess..] });
        }

        var page = Assert.Single(EventPages.Of(lines, "writer"));
        Assert.Equal(StorageLimits.PropertyBytes, page.GetBinary("Lines").Length);
        Assert.Equal(2, EventPages.Of([.. lines, lines[0]], "writer").Count());
        await depot.Storage.Events.UpsertEntityAsync(page, TableUpdateMode.Replace, Token);
        Assert.Equal(lines.Select(line => line.Text), (await ReadAsync(depot, int.MaxValue)).Select(e => e.Text));
    }

    [Fact]
    public async Task Events_of_several_processes_in_one_second_read_back_in_order_of_time()
    {
        await using var depot = await CreateAsync();
        var written = new List<string>();
        var processes = Enumerable.Range(0, 11).Select(_ => Process(depot)).ToList();
        for (var i = 0; i < 700; i++)
        {
            processes[i * 7 % 11].Events.Write(EventKind.Archived, Guid.Empty, $"{i}");
            written.Add($"{i}");
            clock.Advance(TimeSpan.FromMilliseconds(5)); // three and a half seconds in all
        }

        foreach (var (_, log) in Enumerable.Reverse(processes))
        {
            await log.FlushAsync(Token);
            await log.DisposeAsync();
        }

        Assert.Equal(44, (await TestDepot.RowsAsync(depot.Storage.Events)).Count); // a second's pages span several responses
        Assert.Equal(written, (await ReadAsync(depot, int.MaxValue)).Select(e => e.Text));
        Assert.Equal(written.TakeLast(333), (await ReadAsync(depot, 333)).Select(e => e.Text));
    }

    [Fact]
    public async Task No_more_of_the_table_is_read_than_the_newest_events_need()
    {
        var (requested, recording) = (new List<string>(), false);
        var calls = new FaultAt { On = uri => recording && RecordTop(uri) };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, calls);
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 150; i++)
        {
            Write(depot, $"{i}");
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        await log.FlushAsync(Token);
        recording = true;
        Assert.Equal(["147", "148", "149"], (await ReadAsync(depot, 3)).Select(e => e.Text));
        Assert.Equal(["3", "3"], requested); // the third second is known to be complete when the fourth begins
        requested.Clear();
        Assert.Equal(depot.Events, await ReadAsync(depot, 100_000));
        Assert.Equal(["64", "64", "64"], requested);

        bool RecordTop(Uri uri)
        {
            requested.Add(System.Web.HttpUtility.ParseQueryString(uri.Query)["$top"] ?? "all");
            return false;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_an_interrupted_flush_the_same_pages_are_written_again(bool afterItWasDone)
    {
        var fault = new FaultAt();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault);
        var log = depot.Get<EventLog>();
        WriteSome("first");
        fault.Reset(failing: 2, afterItWasDone);
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => log.FlushAsync(Token));
        WriteSome("later");
        fault.Stop();
        await log.FlushAsync(Token);

        // the third second has pages of both flushes
        Assert.Equal([10, 10, 10, 10, 10, 10], (await TestDepot.RowsAsync(depot.Storage.Events)).Select(EventPages.Count));
        Assert.Equal(depot.Events, await ReadAsync(depot, int.MaxValue));

        void WriteSome(string what)
        {
            for (var i = 0; i < 30; i++)
            {
                Write(depot, $"{what} {i}");
                clock.Advance(TimeSpan.FromMilliseconds(i is 9 or 19 ? 1_000 : 1));
            }
        }
    }

    [Fact]
    public async Task An_event_on_two_pages_is_one_event()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        Write(depot, "one");
        Write(depot, "two");
        await log.FlushAsync(Token);
        var page = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Events));
        page.RowKey = $"00000000{page.RowKey[8..]}";
        await depot.Storage.Events.AddEntityAsync(page, Token);
        Assert.Equal(["one", "two"], (await ReadAsync(depot, 100)).Select(e => e.Text));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    public async Task Each_event_of_a_refused_page_is_counted(int status)
    {
        var fault = new FaultAt { Answer = () => new RequestFailedException(status, "Refused.") };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault);
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 30; i++)
        {
            Write(depot, $"{i}");
            clock.Advance(TimeSpan.FromMilliseconds(i is 11 ? 1_000 : 1));
        }

        fault.Reset(failing: 1, afterIt: false);
        await log.FlushAsync(Token);
        var kept = await ReadAsync(depot, 100);
        Assert.Equal(depot.Events[12..].Select(e => e.Text), kept.SkipLast(1).Select(e => e.Text));
        Assert.StartsWith("12 events were not kept", kept[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flush_ends_even_if_every_page_is_refused()
    {
        var fault = new FaultAt { Answer = () => new RequestFailedException(400, "Refused."), AndAllLater = true };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault);
        var log = depot.Get<EventLog>();
        Write(depot, "lost");
        fault.Reset(failing: 1, afterIt: false);
        await log.FlushAsync(Token);
        Assert.Equal(2, fault.Calls); // the page, and the line about it
    }

    [Fact]
    public async Task A_kind_of_a_later_version_reads_as_a_step()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        Write(depot, "a mail");
        await log.FlushAsync(Token);
        var page = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Events));
        var lines = Encoding.UTF8.GetString(page.GetBinary("Lines"));
        page["Lines"] = Encoding.UTF8.GetBytes(
            lines.Replace("\"archived\"", "\"embalmed\",\"by\":\"hand\"", StringComparison.Ordinal));
        await depot.Storage.Events.UpsertEntityAsync(page, TableUpdateMode.Replace, Token);
        Assert.Equal(depot.Events[0] with { Kind = EventKind.Step }, Assert.Single(await ReadAsync(depot, 100)));
    }

    [Theory]
    [InlineData("a line\r\nand \"another\"\t\0 of it")]
    [InlineData("letters of all kinds: ä Ж 漢 \u2028 😀 <a@example.com>")]
    public async Task Any_text_reads_back_as_it_was_written(string text)
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        Write(depot, text);
        Write(depot, "next");
        await log.FlushAsync(Token);
        Assert.Equal([text, "next"], (await ReadAsync(depot, 100)).Select(e => e.Text));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\u0001")] // six bytes of JSON
    [InlineData("😀")]
    public void A_long_text_is_truncated_between_characters(string character)
    {
        var whole = string.Concat(Enumerable.Repeat(character, 3_000));
        var line = EventLine.Of(new DepotEvent(Tickets.Noon, EventKind.Archived, Guid.Empty, whole), 1);
        var text = EventLine.Read(line.Write()).Event().Text;
        Assert.InRange(text.Length, 1_023, 1_024);
        Assert.EndsWith("…", text, StringComparison.Ordinal);
        Assert.StartsWith(text[..^1], whole, StringComparison.Ordinal);
        Assert.False(char.IsHighSurrogate(text[^2]));
    }

    [Fact]
    public async Task Half_a_character_does_not_stop_the_log()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        Write(depot, "half \ud83d of it");
        Write(depot, "next");
        await log.FlushAsync(Token);
        Assert.Equal(["half \ufffd of it", "next"], (await ReadAsync(depot, 100)).Select(e => e.Text));
    }

    [Fact]
    public async Task Old_pages_are_removed_entirely_and_counted_by_their_events()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 50; i++)
        {
            Write(depot, i.ToString(CultureInfo.InvariantCulture));
            clock.Advance(TimeSpan.FromMilliseconds(i is 19 or 39 ? 1_000 : 1));
        }

        await log.FlushAsync(Token);
        Assert.Equal(40, await depot.Get<OldEvents>().RemoveAsync(clock.GetUtcNow(), Token));
        Assert.Equal(depot.Events[40..], await ReadAsync(depot, 100));
        Assert.Equal(0, await depot.Get<OldEvents>().RemoveAsync(clock.GetUtcNow(), Token));
    }

    private async Task<TestDepot> CreateAsync() => await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);

    /// <summary>Simulates another process with the same storage.</summary>
    private (DepotEvents Events, EventLog Log) Process(TestDepot depot)
    {
        var events = ActivatorUtilities.CreateInstance<DepotEvents>(depot.Get<IServiceProvider>());
        return (events, new EventLog(depot.Storage, events, clock));
    }

    private static void Write(TestDepot depot, string text) => depot.Get<DepotEvents>().Write(EventKind.Archived, Guid.Empty, text);

    private static Task<IReadOnlyList<DepotEvent>> ReadAsync(TestDepot depot, int count) =>
        depot.Get<EventReader>().ReadAsync(null, count, Token);
}
