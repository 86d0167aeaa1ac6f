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

/// <summary>A mailbox that grew for years is collected by one function run after the other.</summary>
/// <remarks><c>MAILDEPOT_POP3_BACKLOG</c> is how many mails; 100,000 are ten runs of the usual length, and take some minutes on Azurite.</remarks>
public sealed class BacklogTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const int UsualBacklog = 8_000;

    private const int Megabyte = 1_000_000;

    /// <summary>Megabytes that may be held on the way, the events that the test notes included: some hundred octets a mail.</summary>
    /// <remarks>Not what is resident: that is half of it garbage, whose amount follows the processor's cache. SizeTests measures that where mails are large.</remarks>
    private const int Bound = 100;

    /// <summary>The field that numbers the mails.</summary>
    private const string Number = "X-Number: ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backlog_is_collected_over_several_runs_each_shown_and_every_mail_has_one_ticket()
    {
        var (count, mailbox) = (Backlog, dovecot.NextMailbox());
        mailbox.Put(Enumerable.Range(0, count).Select(Mail));
        var settings = mailbox.Settings();
        var aRun = Math.Min(new MailboxOptions().MaxMailsPerRun, count / 6);
        settings["MailDepot:Mailboxes:0:MaxMailsPerRun"] = $"{aRun}";
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync(), settings);
        var before = Held();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watching = HighestAsync(stop.Token);
        var started = Stopwatch.GetTimestamp();

        await app.TickAsync(nameof(Triggers.PollPop3));
        for (var left = count; left > 0; left -= aRun)
        {
            // A run asks for the next one, and the mails that QUIT did not delete would still be there.
            Assert.True(await app.WorkOffNextAsync(nameof(Triggers.CollectMailbox)), $"No run is asked for, and {left} mails are left.");
            var (collected, after) = (Math.Min(aRun, left), Math.Max(left - aRun, 0));
            Assert.Equal(after, mailbox.Count);
            var state = await app.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
            Assert.Equal(($"{collected} mails collected.", count - after), (state.Result, state.Collected));
            Assert.Equal((VisitStage.Idle, after, collected, 0), (state.Progress.Stage, state.Progress.Waiting, state.Progress.Collected, state.Progress.Undeleted));
            Say($"{count - after} mails collected after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s.");
        }

        Assert.False(await app.WorkOffNextAsync(nameof(Triggers.CollectMailbox)), "A run is asked for, and nothing is left.");
        await stop.CancelAsync();
        var held = (await watching - before) / Megabyte;
        Say($"{held} MB held at most, {before / Megabyte} MB before.");
        Assert.DoesNotContain(app.Events, told => told.Kind is EventKind.Failed or EventKind.Warned);
        await HasOneTicketEachAsync(app, count);
        Assert.InRange(held, 0, Bound);
    }

    private static int Backlog =>
        int.TryParse(Environment.GetEnvironmentVariable("MAILDEPOT_POP3_BACKLOG"), CultureInfo.InvariantCulture, out var wanted) ? wanted : UsualBacklog;

    private static byte[] Mail(int number) => Encoding.ASCII.GetBytes(
        $"From: anna@example.com\r\nTo: office@example.com\r\nMessage-ID: <{number}@example.com>\r\n{Number}{number:d6}\r\nSubject: Order {number}\r\n\r\nThe usual, please.\r\n");

    /// <summary>The queue has each mail, bit for bit, and no second time.</summary>
    private static async Task HasOneTicketEachAsync(TestApp app, int count)
    {
        var seen = new BitArray(count);
        var tickets = 0;
        while (await app.Storage.ArchiveQueue.ReceiveMessagesAsync(Pipeline.BatchSize, Pipeline.Visibility, Token) is { Value: { Length: > 0 } messages })
        {
            foreach (var ticket in messages.SelectMany(message => TicketBundle.Unpack(message.Body.ToMemory())))
            {
                var payload = await TicketPayload.ReadAsync(ticket, app.Storage, Token);
                using var mail = new StreamReader(await payload.OpenAsync(Token));
                var line = (await mail.ReadToEndAsync(Token)).Split("\r\n").First(line => line.StartsWith(Number, StringComparison.Ordinal));
                var number = int.Parse(line[Number.Length..], CultureInfo.InvariantCulture);
                Assert.Equal(Digest.Of(Mail(number)), payload.Ticket.Sha256);
                Assert.False(seen[number], $"Mail {number} has two tickets.");
                seen[number] = true;
                tickets++;
            }

            await Task.WhenAll(messages.Select(message => app.Storage.ArchiveQueue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token)));
        }

        Assert.Equal(count, tickets);
    }

    /// <summary>Octets that garbage collections left at most until stopped.</summary>
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
            // the measure is taken
        }

        return highest;
    }

    /// <summary>Octets that a garbage collection leaves, whatever is allocated beside it.</summary>
    private static long Held()
    {
        GC.Collect();
        return GC.GetGCMemoryInfo(GCKind.FullBlocking).HeapSizeBytes;
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
