using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Functions.Tests;

/// <summary>A mailbox that filled up over years is collected in several function runs, one after another.</summary>
/// <remarks>
/// <c>MAILDEPOT_POP3_BACKLOG</c> sets the number of mails. 100,000 make ten runs of the default length and take some minutes on
/// Azurite.
/// </remarks>
[Collection<Alone>] // measures the memory of this process
public sealed class BacklogTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const int DefaultBacklog = 8_000;

    private const int Megabyte = 1_000_000;

    /// <summary>Megabytes that the collection may add to memory in use; the test's own record of events takes some of them.</summary>
    /// <remarks>
    /// This is not resident memory: half of that is garbage, and how much depends on the processor's cache. SizeTests measures
    /// resident memory with large mails.
    /// </remarks>
    private const int Bound = 100;

    /// <summary>The header field that numbers the mails.</summary>
    private const string Number = "X-Number: ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backlog_is_collected_over_several_runs_each_shown_and_every_mail_has_one_ticket()
    {
        var (count, mailbox) = (Backlog, dovecot.NextMailbox());
        mailbox.Put(Enumerable.Range(0, count).Select(Mail));
        var settings = mailbox.Settings();
        var perRun = Math.Min(new MailboxOptions().MaxMailsPerRun, count / 6);
        settings["MailDepot:Mailboxes:0:MaxMailsPerRun"] = $"{perRun}";
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync(), settings);
        var before = Held();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watching = HighestAsync(stop.Token);
        var started = Stopwatch.GetTimestamp();

        await app.TickAsync(nameof(Triggers.PollPop3));
        for (var left = count; left > 0; left -= perRun)
        {
            // Each run asks for the next. Mails that QUIT did not delete would still be in the mailbox.
            Assert.True(
                await app.HandleNextAsync(nameof(Triggers.CollectMailbox)), $"{left} mails are left, and no run has been asked for.");
            var (collected, after) = (Math.Min(perRun, left), Math.Max(left - perRun, 0));
            Assert.Equal(after, mailbox.Count);
            var state = await app.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
            Assert.Equal(($"{collected} mails collected.", count - after), (state.Result, state.Collected));
            var progress = state.Progress;
            Assert.Equal(
                (VisitStage.Idle, after, collected, 0),
                (progress.Stage, progress.Waiting, progress.Collected, progress.Undeleted));
            Say($"{count - after} mails collected after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s.");
        }

        Assert.False(
            await app.HandleNextAsync(nameof(Triggers.CollectMailbox)), "Nothing is left, and another run has been asked for.");
        await stop.CancelAsync();
        var held = (await watching - before) / Megabyte;
        Say($"At most {held} MB more in use than the {before / Megabyte} MB before.");
        Assert.DoesNotContain(app.Events, e => e.Kind is EventKind.Failed or EventKind.Warned);
        await HasOneTicketEachAsync(app, count);
        Assert.InRange(held, 0, Bound);
    }

    private static int Backlog =>
        int.TryParse(Environment.GetEnvironmentVariable("MAILDEPOT_POP3_BACKLOG"), CultureInfo.InvariantCulture, out var wanted)
            ? wanted
            : DefaultBacklog;

    private static byte[] Mail(int number) => Encoding.ASCII.GetBytes(
        "From: anna@example.com\r\nTo: office@example.com\r\n"
        + $"Message-ID: <{number}@example.com>\r\n{Number}{number:d6}\r\nSubject: Order {number}\r\n"
        + "\r\nThe usual, please.\r\n");

    /// <summary>The queue has each mail once, byte for byte.</summary>
    private static async Task HasOneTicketEachAsync(TestApp app, int count)
    {
        var seen = new BitArray(count);
        var tickets = 0;
        var queue = app.Storage.ArchiveQueue;
        while (await queue.ReceiveMessagesAsync(Pipeline.BatchSize, Pipeline.Visibility, Token) is { Value: { Length: > 0 } messages })
        {
            foreach (var ticket in messages.SelectMany(message => TicketBundle.Unpack(message.Body.ToMemory())))
            {
                var payload = await TicketPayload.ReadAsync(ticket, app.Storage, Token);
                using var mail = new StreamReader(await payload.OpenAsync(Token));
                var lines = (await mail.ReadToEndAsync(Token)).Split("\r\n");
                var line = lines.First(line => line.StartsWith(Number, StringComparison.Ordinal));
                var number = int.Parse(line[Number.Length..], CultureInfo.InvariantCulture);
                Assert.Equal(Digest.Of(Mail(number)), payload.Ticket.Sha256);
                Assert.False(seen[number], $"Mail {number} has two tickets.");
                seen[number] = true;
                tickets++;
            }

            await Task.WhenAll(messages.Select(message => queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token)));
        }

        Assert.Equal(count, tickets);
    }

    /// <summary>The most bytes that a garbage collection left, until the measurement is stopped.</summary>
    private static async Task<long> HighestAsync(CancellationToken stop)
    {
        using var pulse = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var highest = 0L;
        try
        {
            while (await pulse.WaitForNextTickAsync(stop))
            {
                highest = Math.Max(highest, Held());
            }
        }
        catch (OperationCanceledException)
        {
            // the measurement is over
        }

        return highest;
    }

    /// <summary>Bytes that a garbage collection leaves, whatever is allocated meanwhile.</summary>
    private static long Held()
    {
        GC.Collect();
        return GC.GetGCMemoryInfo(GCKind.FullBlocking).HeapSizeBytes;
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
