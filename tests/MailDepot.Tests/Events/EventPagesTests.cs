using System.Globalization;
using System.Text;
using Azure;
using Azure.Data.Tables;
using MailDepot.Events;
using MailDepot.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Events;

/// <summary>A row of the live log is a page of events, and nobody who reads them sees where one ends.</summary>
public sealed class EventPagesTests(AzuriteFixture azurite)
{
    private readonly FakeTimeProvider clock = new(Tickets.Noon);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task However_many_mails_a_second_brings_they_are_one_row()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 300; i++)
        {
            Tell(depot, $"{i}: from mx.example.org, 31 KB");
            clock.Advance(TimeSpan.FromMilliseconds(3));
        }

        await log.FlushAsync(Token);
        var page = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Events));
        Assert.Equal(300, page.GetInt32("Events"));
        Assert.Equal(depot.Events, await ReadAsync(depot, int.MaxValue));
    }

    [Fact]
    public async Task More_than_a_property_can_hold_goes_on_in_a_further_page()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 200; i++)
        {
            Tell(depot, $"{i} {new string('ß', 1_000)}");
        }

        await log.FlushAsync(Token);
        var pages = await TestDepot.RowsAsync(depot.Storage.Events);
        Assert.InRange(pages.Count, 7, 8); // 200 times 2.1 KB
        Assert.All(pages, page => Assert.InRange(page.GetBinary("Lines").Length, 1, StorageLimits.PropertyBytes));
        Assert.Equal(depot.Events, await ReadAsync(depot, int.MaxValue));
        Assert.Equal(depot.Events[77..], await ReadAsync(depot, 123));
    }

    [Fact]
    public async Task A_page_may_be_full_to_the_last_octet()
    {
        await using var depot = await CreateAsync();
        var lines = new List<EventLine>();
        for (uint number = 0; lines.Sum(line => line.Write().Length) is var so && so < StorageLimits.PropertyBytes; number++)
        {
            var line = new EventLine(Tickets.Noon, number, "archived", null, new string('x', StorageLimits.ListTextLength));
            var tooMuch = so + line.Write().Length - StorageLimits.PropertyBytes;
            lines.Add(tooMuch <= 0 ? line : line with { Text = line.Text[tooMuch..] });
        }

        var page = Assert.Single(EventPages.Of(lines, "writer"));
        Assert.Equal(StorageLimits.PropertyBytes, page.GetBinary("Lines").Length);
        Assert.Equal(2, EventPages.Of([.. lines, lines[0]], "writer").Count());
        await depot.Storage.Events.UpsertEntityAsync(page, TableUpdateMode.Replace, Token);
        Assert.Equal(lines.Select(line => line.Text), (await ReadAsync(depot, int.MaxValue)).Select(e => e.Text));
    }

    [Fact]
    public async Task What_several_processes_tell_in_one_second_reads_in_the_order_of_its_time()
    {
        await using var depot = await CreateAsync();
        var told = new List<string>();
        var processes = Enumerable.Range(0, 11).Select(_ => Process(depot)).ToList();
        for (var i = 0; i < 700; i++)
        {
            processes[i * 7 % 11].Events.Write(EventKind.Archived, Guid.Empty, $"{i}");
            told.Add($"{i}");
            clock.Advance(TimeSpan.FromMilliseconds(5)); // so three and a half seconds, and half of one in the end
        }

        foreach (var (_, log) in Enumerable.Reverse(processes))
        {
            await log.FlushAsync(Token);
            await log.DisposeAsync();
        }

        Assert.Equal(44, (await TestDepot.RowsAsync(depot.Storage.Events)).Count); // a second's pages lie across several answers
        Assert.Equal(told, (await ReadAsync(depot, int.MaxValue)).Select(e => e.Text));
        Assert.Equal(told.TakeLast(333), (await ReadAsync(depot, 333)).Select(e => e.Text));
    }

    [Fact]
    public async Task Of_the_table_no_more_is_read_than_the_newest_events_need()
    {
        var (asked, listens) = (new List<string>(), false);
        var calls = new FaultAt { On = uri => listens && Note(uri) };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, calls);
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 150; i++)
        {
            Tell(depot, $"{i}");
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        await log.FlushAsync(Token);
        listens = true;
        Assert.Equal(["147", "148", "149"], (await ReadAsync(depot, 3)).Select(e => e.Text));
        Assert.Equal(["3", "3"], asked); // the third second is known to be whole when the fourth begins
        asked.Clear();
        Assert.Equal(depot.Events, await ReadAsync(depot, 100_000));
        Assert.Equal(["64", "64", "64"], asked);

        bool Note(Uri uri)
        {
            asked.Add(System.Web.HttpUtility.ParseQueryString(uri.Query)["$top"] ?? "all");
            return false;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_round_that_broke_off_is_written_again_as_the_same_pages(bool afterItWasDone)
    {
        var fault = new FaultAt();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault);
        var log = depot.Get<EventLog>();
        TellSome("first");
        fault.Reset(failing: 2, afterItWasDone);
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => log.FlushAsync(Token));
        TellSome("later");
        fault.Stop();
        await log.FlushAsync(Token);
        Assert.Equal([10, 10, 10, 10, 10, 10], (await TestDepot.RowsAsync(depot.Storage.Events)).Select(EventPages.Count)); // of the third second those of both rounds
        Assert.Equal(depot.Events, await ReadAsync(depot, int.MaxValue));

        void TellSome(string what)
        {
            for (var i = 0; i < 30; i++)
            {
                Tell(depot, $"{what} {i}");
                clock.Advance(TimeSpan.FromMilliseconds(i is 9 or 19 ? 1_000 : 1));
            }
        }
    }

    [Fact]
    public async Task An_event_on_two_pages_is_one_event()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        Tell(depot, "one");
        Tell(depot, "two");
        await log.FlushAsync(Token);
        var page = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Events));
        page.RowKey = $"00000000{page.RowKey[8..]}";
        await depot.Storage.Events.AddEntityAsync(page, Token);
        Assert.Equal(["one", "two"], (await ReadAsync(depot, 100)).Select(e => e.Text));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    public async Task Of_a_page_that_is_refused_each_event_is_counted(int status)
    {
        var fault = new FaultAt { Answer = () => new RequestFailedException(status, "Refused.") };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault);
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 30; i++)
        {
            Tell(depot, $"{i}");
            clock.Advance(TimeSpan.FromMilliseconds(i is 11 ? 1_000 : 1));
        }

        fault.Reset(failing: 1, afterIt: false);
        await log.FlushAsync(Token);
        var kept = await ReadAsync(depot, 100);
        Assert.Equal(depot.Events[12..].Select(e => e.Text), kept.SkipLast(1).Select(e => e.Text));
        Assert.StartsWith("12 events were not kept", kept[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_every_page_is_refused_writing_comes_to_an_end_all_the_same()
    {
        var fault = new FaultAt { Answer = () => new RequestFailedException(400, "Refused."), AndAllLater = true };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault);
        var log = depot.Get<EventLog>();
        Tell(depot, "lost");
        fault.Reset(failing: 1, afterIt: false);
        await log.FlushAsync(Token);
        Assert.Equal(2, fault.Calls); // the page, and the line about it
    }

    [Fact]
    public async Task A_kind_of_a_later_version_reads_as_a_step()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        Tell(depot, "a mail");
        await log.FlushAsync(Token);
        var page = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Events));
        page["Lines"] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(page.GetBinary("Lines")).Replace("\"archived\"", "\"embalmed\",\"by\":\"hand\"", StringComparison.Ordinal));
        await depot.Storage.Events.UpsertEntityAsync(page, TableUpdateMode.Replace, Token);
        Assert.Equal(depot.Events[0] with { Kind = EventKind.Step }, Assert.Single(await ReadAsync(depot, 100)));
    }

    [Theory]
    [InlineData("a line\r\nand \"another\"\t\0 of it")]
    [InlineData("letters of all kinds: ä Ж 漢 \u2028 😀 <a@example.com>")]
    public async Task Any_text_reads_back_as_it_was_told(string text)
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        Tell(depot, text);
        Tell(depot, "next");
        await log.FlushAsync(Token);
        Assert.Equal([text, "next"], (await ReadAsync(depot, 100)).Select(e => e.Text));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\u0001")] // six octets of JSON
    [InlineData("😀")]
    public void A_long_text_is_cut_between_characters(string character)
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
        Tell(depot, "half \ud83d of it");
        Tell(depot, "next");
        await log.FlushAsync(Token);
        Assert.Equal(["half \ufffd of it", "next"], (await ReadAsync(depot, 100)).Select(e => e.Text));
    }

    [Fact]
    public async Task Old_pages_are_removed_whole_and_counted_by_their_events()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 50; i++)
        {
            Tell(depot, i.ToString(CultureInfo.InvariantCulture));
            clock.Advance(TimeSpan.FromMilliseconds(i is 19 or 39 ? 1_000 : 1));
        }

        await log.FlushAsync(Token);
        Assert.Equal(40, await depot.Get<OldEvents>().RemoveAsync(clock.GetUtcNow(), Token));
        Assert.Equal(depot.Events[40..], await ReadAsync(depot, 100));
        Assert.Equal(0, await depot.Get<OldEvents>().RemoveAsync(clock.GetUtcNow(), Token));
    }

    private async Task<TestDepot> CreateAsync() => await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);

    /// <summary>Another process with the same storage.</summary>
    private (DepotEvents Events, EventLog Log) Process(TestDepot depot)
    {
        var events = ActivatorUtilities.CreateInstance<DepotEvents>(depot.Get<IServiceProvider>());
        return (events, new EventLog(depot.Storage, events, clock));
    }

    private static void Tell(TestDepot depot, string text) => depot.Get<DepotEvents>().Write(EventKind.Archived, Guid.Empty, text);

    private static Task<IReadOnlyList<DepotEvent>> ReadAsync(TestDepot depot, int count) => depot.Get<EventReader>().ReadAsync(null, count, Token);
}
