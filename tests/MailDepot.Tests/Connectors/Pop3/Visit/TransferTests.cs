using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Mail;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>The bytes of mails, however a server sends them.</summary>
public sealed class TransferTests(AzuriteFixture azurite)
{
    private static readonly string[] Odd =
    [
        "", "no line end", "Subject: a\r\n\r\n", ".\r\n", "..\r\n.\r\n.x\r\n", "bare\nline\n.\nfeeds\n",
        "bare\rreturns\r.\r\r\n", "nul \0 and \u00ff\r\n",
        "x\r\n.\n\r\n", "ends with a dot\r\n.", "+OK\r\n-ERR\r\n", new string('x', 70_000) + "\r\n.." + new string('y', 70_000),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, "USER")]
    [InlineData(2, "USER\r\nPIPELINING")]
    [InlineData(3, "USER")]
    [InlineData(5, "USER\r\nPIPELINING")]
    [InlineData(65_536, "USER\r\nPIPELINING")]
    public async Task Every_mail_arrives_unchanged_and_separate_however_the_replies_are_cut(int piece, string capabilities)
    {
        var odd = piece < 4 ? Odd[..^1] : Odd;
        await using var server = new ScriptedServer { Piece = piece, Capabilities = capabilities };
        server.Mails.AddRange(odd.Select((mail, i) => ($"uidl-{i}", Encoding.Latin1.GetBytes(mail))));
        await using var session = await Pop3Session.OpenAsync(server.Access(), Token);
        var listed = await session.ListAsync();
        var came = new List<string>();
        listed.ToList().ForEach(mail => session.Request(mail.Numbers[0]));
        await session.FlushAsync();
        foreach (var _ in listed)
        {
            using var mail = new MemoryStream();
            await (await session.NextMailAsync(0)).CopyToAsync(mail, Token);
            came.Add(Encoding.Latin1.GetString(mail.ToArray()));
        }

        Assert.Equal(odd.Select(mail => mail.Length == 0 || mail.EndsWith("\r\n", StringComparison.Ordinal) ? mail : mail + "\r\n"), came);
        Assert.True(await session.QuitAsync() is { Ok: true });
    }

    [Fact]
    public async Task A_mail_that_breaks_off_is_not_collected_and_the_next_poll_takes_the_others_first()
    {
        await using var server = new ScriptedServer { Mails = { ("bad", Mail(1)), ("b", Mail(2)), ("c", Mail(3)) } };
        server.Instead["RETR 1"] = ScriptedServer.Cut;
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        var first = await CollectAsync(depot);
        Assert.Equal((Pop3FailureKind.ConnectionLost, 0, 3), (first.Failure!.Kind, first.Collected, first.Waiting));
        Assert.Empty(await depot.QueueAsync());

        var second = await CollectAsync(depot); // the others come first, and are deleted even though it breaks again
        Assert.Equal((Pop3FailureKind.ConnectionLost, 2), (second.Failure!.Kind, second.Collected));
        Assert.Equal("bad", Assert.Single(server.Mails).Uidl);
        await PollAsync(depot); // its third run, after which it is skipped
        var fourth = await PollAsync(depot);
        // failing as long as it is there
        Assert.Equal((Pop3FailureKind.MailsRefused, 1, 1), (fourth!.Failure?.Kind, fourth.Waiting, fourth.Progress.Skipped));
        Assert.Equal(Mail(1).Length, fourth.Progress.WaitingBytes);
        Assert.Contains("1 mail skipped", fourth.Result, StringComparison.Ordinal);
        Assert.Equal("bad", Assert.Single(server.Mails).Uidl);

        server.Instead.Clear();
        server.Mails.Add(("d", Mail(4)));
        Assert.Equal(1, (await PollAsync(depot))!.Collected);
        Assert.DoesNotContain(depot.Events, e => e.Kind is EventKind.Recovered);
        Assert.Equal(1, (await CollectAsync(depot)).Collected); // requested by hand: including the skipped one
        Assert.Single(depot.Events, e => e.Kind is EventKind.Recovered);
        Assert.Empty(server.Mails);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Mail(1), Mail(2), Mail(3), Mail(4)]);
        Assert.Single(depot.Events, e => e.Text.Contains("3 times in a row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_UIDLs_a_mail_that_breaks_off_keeps_no_other_in_the_mailbox()
    {
        await using var server = new ScriptedServer { Capabilities = "USER", Mails = { ("", Mail(1)), ("", Mail(12)), ("", Mail(123)) } };
        (server.Instead["UIDL"], server.Instead["RETR 1"]) = ("-ERR what?", ScriptedServer.Cut);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        for (var run = 0; run < 2; run++)
        {
            Assert.Equal(Pop3FailureKind.ConnectionLost, (await PollAsync(depot))!.Failure?.Kind);
        }

        Assert.Equal(Mail(1), Assert.Single(server.Mails).Mail);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Mail(12), Mail(123)]);
    }

    [Theory]
    [InlineData("-ERR [SYS/TEMP] index locked", "USER")]
    [InlineData("-ERR not now", "USER\r\nUIDL")]
    public async Task UIDLs_are_not_forgotten_if_a_server_refuses_to_list_them_once(string says, string capabilities)
    {
        await using var server = new ScriptedServer { Capabilities = capabilities, Mails = { ("a", Mail(1)), ("b", Mail(2)) } };
        var settings = server.Settings();
        settings["MailDepot:Mailboxes:0:LeaveOnServer"] = "true";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(2, (await CollectAsync(depot)).Collected);
        server.Instead["UIDL"] = says;
        Assert.NotNull((await CollectAsync(depot)).Failure);
        server.Instead.Clear();
        Assert.Equal(0, (await CollectAsync(depot)).Collected);
    }

    [Fact]
    public async Task What_is_left_on_a_server_that_lost_its_UIDLs_is_not_forgotten()
    {
        await using var server = new ScriptedServer { Capabilities = "USER", Mails = { ("a", Mail(1)) } };
        var settings = server.Settings();
        settings["MailDepot:Mailboxes:0:LeaveOnServer"] = "true";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        server.Instead["UIDL"] = "-ERR what?";
        Assert.Equal(Pop3FailureKind.Settings, (await CollectAsync(depot)).Failure?.Kind);
        server.Instead.Clear();
        Assert.Equal(0, (await CollectAsync(depot)).Collected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DELEs_are_sent_one_by_one_to_a_server_that_may_not_support_pipelining(bool oneByOne)
    {
        await using var server = new ScriptedServer { Capabilities = "USER\r\nUIDL\r\nPIPELINING" };
        server.Mails.AddRange(Enumerable.Range(0, 60).Select(i => ($"{i}", Mail(i))));
        await using var session = await Pop3Session.OpenAsync(server.Access(), Token);
        Assert.Empty(await session.DeleteAsync([.. Enumerable.Range(1, 60)], oneByOne));
        Assert.Equal(oneByOne, server.SentAhead.IsEmpty);
    }

    [Fact]
    public async Task A_visit_that_takes_too_long_is_ended_in_the_middle_of_a_mail()
    {
        var clock = new FakeTimeProvider();
        await using var server = new ScriptedServer { Mails = { ("a", Mail(1)) }, Instead = { ["RETR"] = ScriptedServer.Endless } };
        await using var session = await Pop3Session.OpenAsync(
            server.Access(Timeout.InfiniteTimeSpan) with { Clock = clock, Deadline = clock.GetUtcNow() + TimeSpan.FromMinutes(1) }, Token);
        (server.Piece, server.Sending) = (100_000, () => clock.Advance(TimeSpan.FromSeconds(1)));
        var cut = await Assert.ThrowsAsync<Pop3DisconnectedException>(() => RetrieveAsync(session, listed: 1_000_000_000));
        Assert.Equal("the time limit of a visit has passed", cut.Message);
    }

    [Fact]
    public void A_visit_is_ended_before_the_Functions_timeout_would_leave_nothing_counted()
    {
        using var host = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Clone.Path("src/MailDepot.Functions/host.json")));
        var limit = TimeSpan.Parse(
            host.RootElement.GetProperty("functionTimeout").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(Pop3Visit.MaxDuration, TimeSpan.Zero, limit - TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_mail_that_our_own_storage_refuses_delays_no_other_for_long()
    {
        // too large for a queue message
        var large = A.Mail().Attachment("a.bin", "application/octet-stream", RandomNumberGenerator.GetBytes(200_000)).Bytes();
        await using var server = new ScriptedServer { Mails = { ("bad", large), ("b", Mail(2)), ("c", Mail(3)) } };
        var fault = new FaultAt
        {
            On = uri => uri.AbsolutePath.Contains("/spool/", StringComparison.Ordinal),
            AndAllLater = true,
            Answer = () => new Azure.RequestFailedException(400, "Refused."),
        };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, more: server.Settings());
        fault.Reset(1, afterIt: false);
        for (var run = 0; run < 3; run++)
        {
            Assert.Equal(Pop3FailureKind.Storage, (await PollAsync(depot))!.Failure?.Kind);
        }

        Assert.Equal(1, (await PollAsync(depot))!.Progress.Skipped);
        Assert.Equal("bad", Assert.Single(server.Mails).Uidl);
        fault.Stop();
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [large, Mail(2), Mail(3)]);
    }

    [Fact]
    public async Task Refused_copies_are_one_refusal_per_run()
    {
        await using var server = new ScriptedServer { Instead = { ["RETR"] = "-ERR can't read it" } };
        server.Mails.AddRange(Enumerable.Range(0, 250).Select(i => ("same", Mail(i % 10)))); // enough for rows to be written in between
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        var rows = new List<RefusedMail>();
        using var slots = new SpoolSlots();
        var access = server.Access();
        await using var session = await Pop3Session.OpenAsync(access, Token);
        var context = new VisitContext(
            access.Mailbox, (_, _, _) => Task.FromException<AcceptedMail>(new InvalidOperationException()), slots, new KnownMails(),
            WriteAsync, depot.Get<DepotEvents>(), new VisitTally(), TimeProvider.System);
        await new MailTransfer(context, session, oneByOne: false).RunAsync(await session.ListAsync(), () => false, Token);
        Assert.Equal(1, Assert.Single(rows).Times);

        Task WriteAsync(ImmutableArray<UidlPage> pages, ImmutableArray<RefusedMail> refused, CancellationToken ct)
        {
            rows.AddRange(refused);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_mail_that_does_not_end_is_ended_by_its_size()
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail(1)) }, Instead = { ["RETR"] = ScriptedServer.Endless } };
        await using var session = await Pop3Session.OpenAsync(server.Access(), Token);
        var cut = await Assert.ThrowsAsync<Pop3DisconnectedException>(() => RetrieveAsync(session, listed: 1234));
        Assert.StartsWith("a mail of 1234 bytes by LIST did not end after 300", cut.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_that_arrives_byte_by_byte_is_ended_by_its_time()
    {
        var clock = new FakeTimeProvider();
        await using var server = new ScriptedServer { Mails = { ("a", Mail(1)) }, Instead = { ["RETR"] = ScriptedServer.Endless } };
        await using var session = await Pop3Session.OpenAsync(server.Access(Timeout.InfiniteTimeSpan) with { Clock = clock }, Token);
        (server.Piece, server.Sending) = (1, () => clock.Advance(TimeSpan.FromSeconds(59)));
        var cut = await Assert.ThrowsAsync<Pop3DisconnectedException>(() => RetrieveAsync(session, listed: 1234));
        Assert.StartsWith("a mail arrived too slowly: ", cut.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_that_is_refused_three_times_is_skipped_until_it_changes()
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail(1)) }, Instead = { ["RETR"] = "-ERR can't read it" } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        for (var run = 0; run < 5; run++)
        {
            var visit = await PollAsync(depot);
            Assert.Equal((Pop3FailureKind.MailsRefused, run < 3 ? 0 : 1), (visit!.Failure?.Kind, visit.Progress.Skipped));
        }

        Assert.Equal(3, server.Commands.Count(command => command.StartsWith("RETR", StringComparison.Ordinal)));
        server.Instead.Clear();
        server.Mails[0] = ("a", Mail(1234));
        Assert.Equal(1, (await PollAsync(depot))!.Collected);
    }

    [Fact]
    public async Task Impossible_sizes_stop_nothing()
    {
        await using var server = new ScriptedServer();
        var mails = Enumerable.Range(0, 6).Select(Mail).ToArray();
        server.Mails.AddRange(mails.Select((mail, i) => ($"{i / 2}", mail)));
        server.Instead["LIST"] =
            $"+OK\r\n1 {long.MaxValue}\r\n2 {long.MaxValue}\r\n3 {long.MinValue}\r\n4 -5\r\n5 99999999999999999999\r\n6 many\r\n.";
        await using (var session = await Pop3Session.OpenAsync(server.Access(), Token))
        {
            Assert.Equal([2L << 40, 0, 0], (await session.ListAsync()).Select(mail => mail.Bytes));
        }

        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        while (server.Mails.Count > 0)
        {
            Assert.InRange((await CollectAsync(depot)).Collected, 1, 6); // 2 TiB fill a run
        }

        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, mails);
    }

    [Fact]
    public async Task Wrong_sizes_cost_only_a_limited_amount_of_memory()
    {
        await using var server = new ScriptedServer { Capabilities = "USER\r\nUIDL\r\nPIPELINING" };
        var mails = Enumerable.Range(0, 3).Select(i => A.Mail().MessageId($"{i}@example.com").Text(new string(
            'x', 300_000) + "\n").Bytes()).ToArray();
        server.Mails.AddRange(mails.Select((mail, i) => ($"{i}", mail)));
        server.Instead["LIST"] = "+OK\r\n1 10\r\n2 900000000\r\n3 0\r\n.";
        server.Heard = command => _ = command == "QUIT" && server.Instead.Remove("LIST"); // then the mailbox is empty
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(3, (await CollectAsync(depot)).Collected);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, mails);
    }

    [Fact]
    public async Task A_server_without_UIDL_is_emptied_and_what_a_broken_session_left_is_recognized_by_its_content()
    {
        await using var server = new ScriptedServer
        {
            Capabilities = "USER",
            Mails = { ("a", Mail(1)), ("b", Mail(2)), ("c", Mail(12)) },
            Instead = { ["UIDL"] = "-ERR what?", ["QUIT"] = ScriptedServer.Cut },
        };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(3, (await CollectAsync(depot)).Collected);
        Assert.Equal(3, server.Mails.Count);

        server.Instead.Remove("QUIT");
        server.Mails[1] = ("new", Mail(3)); // of the same size as the two that are known
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        Assert.Empty(server.Mails);
        Assert.Equal(4, (await depot.TicketsAsync()).Count);
        Assert.Equal(0, (await CollectAsync(depot)).Collected);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Mail(1), Mail(2), Mail(3), Mail(12)]);
    }

    [Fact]
    public async Task Deletions_are_committed_every_few_mails_and_a_server_with_LOGIN_DELAY_gets_one_session()
    {
        foreach (var (capabilities, sessions) in new[] { ("USER\r\nUIDL", 4), ("USER\r\nUIDL\r\nLOGIN-DELAY 60", 1) })
        {
            await using var server = new ScriptedServer { Capabilities = capabilities };
            server.Mails.AddRange(Enumerable.Range(0, 12).Select(i => ($"{i}", Mail(i))));
            var settings = server.Settings();
            settings["MailDepot:Mailboxes:0:CommitEvery"] = "5";
            await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
            Assert.Equal(("12 mails collected.", null, 0, 12, false), Outcome(await CollectAsync(depot)));
            Assert.Equal((sessions, 0), (server.Sessions, server.Mails.Count));
        }
    }

    [Fact]
    public async Task A_server_with_LOGIN_DELAY_is_not_polled_again_at_once()
    {
        await using var server = new ScriptedServer { Capabilities = "USER\r\nUIDL\r\nLOGIN-DELAY 60" };
        server.Mails.AddRange(Enumerable.Range(0, 12).Select(i => ($"{i}", Mail(i))));
        var settings = server.Settings();
        settings["MailDepot:Mailboxes:0:MaxMailsPerRun"] = "5";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(("5 mails collected.", null, 7, 5, false), Outcome(await CollectAsync(depot)));
    }

    [Theory]
    [InlineData("-ERR [LOGIN-DELAY] wait")]
    [InlineData("-ERR [IN-USE] the last session is still there")]
    public async Task A_server_that_wants_an_unannounced_pause_is_left_alone_until_the_next_poll(string says)
    {
        await using var server = new ScriptedServer();
        server.Mails.AddRange(Enumerable.Range(0, 12).Select(i => ($"{i}", Mail(i))));
        server.Heard = command => server.Instead["PASS"] = command == "QUIT" ? says : server.Instead.GetValueOrDefault("PASS", "+OK");
        var settings = server.Settings();
        settings["MailDepot:Mailboxes:0:CommitEvery"] = "5";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(("5 mails collected.", null, 7, 5, false), Outcome(await CollectAsync(depot)));
        Assert.Empty((await depot.Storage.Pop3Queue.PeekMessagesAsync(cancellationToken: Token)).Value);
    }

    [Fact]
    public async Task What_is_left_on_the_server_is_collected_once_and_reported_each_time()
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail(1)), ("b", Mail(2)) } };
        var settings = server.Settings();
        settings["MailDepot:Mailboxes:0:LeaveOnServer"] = "true";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(2, (await CollectAsync(depot)).Collected);
        var again = await CollectAsync(depot);
        Assert.Equal((0, 2), (again.Collected, again.Progress.Undeleted));
        Assert.Contains("2 mails left on the server", again.Result, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("DELE", StringComparison.Ordinal));
        Assert.Equal(2, (await depot.TicketsAsync()).Count);
    }

    private static Task<VisitResult?> PollAsync(TestDepot depot) =>
        depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token);

    private static async Task RetrieveAsync(Pop3Session session, long listed)
    {
        session.Request(1);
        await session.FlushAsync();
        await (await session.NextMailAsync(listed)).CopyToAsync(Stream.Null, Token);
    }

    private static byte[] Mail(int number) => A.Mail().MessageId($"{number}@example.com").Bytes();
}
