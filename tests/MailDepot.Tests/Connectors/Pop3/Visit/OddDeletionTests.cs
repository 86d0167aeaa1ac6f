using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>A mail whose DELE breaks the session is deleted last and alone, so that the server deletes the others.</summary>
public sealed class OddDeletionTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "USER\r\nUIDL")]
    [InlineData("", "USER\r\nUIDL\r\nPIPELINING")]
    [InlineData("what?", "USER\r\nUIDL")]
    [InlineData("+OK\r\n", "USER\r\nUIDL")] // one empty line too many, which is read as the reply to the next
    [InlineData("+OK\r\n", "USER\r\nUIDL\r\nPIPELINING")]
    [InlineData(ScriptedServer.Cut, "USER\r\nUIDL")]
    [InlineData(ScriptedServer.Cut, "USER\r\nUIDL\r\nPIPELINING")]
    public async Task One_odd_reply_to_a_DELE_keeps_no_other_mail_on_the_server(string answer, string capabilities)
    {
        await using var server = Server(capabilities, "a", "b", "odd", "d", "e");
        Odd(server, answer, "odd");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        var first = await CollectAsync(depot);
        Assert.Equal(5, first.Collected);
        var second = await CollectAsync(depot);
        Assert.DoesNotContain(server.Mails, mail => mail.Uidl != "odd");
        Assert.InRange(server.Sessions, 2, 12);
        if (!answer.StartsWith("+OK", StringComparison.Ordinal))
        {
            Assert.All(
                [first, second], visit => Assert.Contains("the mail with UIDL odd", visit.Failure!.Sentence, StringComparison.Ordinal));
            Assert.Equal((Pop3FailureKind.NotDeleted, 0, 1), (second.Failure!.Kind, second.Collected, second.Progress.Undeleted));
        }

        await IsWellWhenTheServerIsAsync(server, depot, 5);
    }

    [Theory]
    [InlineData("", "USER\r\nUIDL")]
    [InlineData("", "USER\r\nUIDL\r\nPIPELINING")]
    [InlineData("+OK\r\n", "USER\r\nUIDL\r\nPIPELINING")]
    [InlineData(ScriptedServer.Cut, "USER\r\nUIDL\r\nPIPELINING")]
    public async Task Nor_do_two_and_every_visit_ends(string answer, string capabilities)
    {
        await using var server = Server(capabilities, "odd", "b", "c", "odder", "e");
        Odd(server, answer, "odd", "odder");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        await CollectAsync(depot);
        await CollectAsync(depot);
        Assert.DoesNotContain(server.Mails, mail => !mail.Uidl.StartsWith("odd", StringComparison.Ordinal));
        var before = server.Sessions;
        await CollectAsync(depot);
        Assert.InRange(server.Sessions - before, 1, 4);
        await IsWellWhenTheServerIsAsync(server, depot, 5);
    }

    [Fact]
    public async Task New_mail_is_collected_and_deleted_while_an_odd_one_is_there()
    {
        await using var server = Server("USER\r\nUIDL", "odd");
        Odd(server, "", "odd");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(Pop3FailureKind.NotPop3, (await CollectAsync(depot)).Failure?.Kind);
        server.Mails.Add(("new", Mail("new")));
        var visit = await CollectAsync(depot);
        Assert.Equal((Pop3FailureKind.NotDeleted, 1), (visit.Failure?.Kind, visit.Collected));
        Assert.Equal("odd", Assert.Single(server.Mails).Uidl);
        Assert.Equal(
            ["DELE 2", "QUIT"],
            server.Commands.Where(command => command is "QUIT" || command.StartsWith("DELE", StringComparison.Ordinal)).Skip(1).Take(2));
        await IsWellWhenTheServerIsAsync(server, depot, 2);
    }

    [Fact]
    public async Task A_server_that_breaks_at_every_DELE_gets_a_few_sessions_per_visit()
    {
        await using var server = Server("USER\r\nUIDL", [.. Enumerable.Range(0, 30).Select(i => $"odd-{i}")]);
        server.Instead["DELE"] = "";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        for (var visit = 1; visit <= 3; visit++)
        {
            Assert.NotNull((await CollectAsync(depot)).Failure);
            Assert.InRange(server.Sessions, visit, 5 * visit);
        }

        await IsWellWhenTheServerIsAsync(server, depot, 30);
    }

    [Theory]
    [InlineData("-ERR no")]
    [InlineData("+OK")] // but it deletes nothing
    public async Task A_server_that_keeps_all_mails_beside_an_odd_one_gets_a_few_sessions_per_visit(string answer)
    {
        await using var server = Server("USER\r\nUIDL", "odd");
        Odd(server, "", "odd");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        await CollectAsync(depot);
        server.Mails.AddRange([("a", Mail("a")), ("b", Mail("b"))]);
        server.Heard = _ =>
        {
            Instead(server, "", mail => mail.Uidl == "odd");
            server.Instead["DELE"] = server.Sessions < 40 ? answer : ScriptedServer.Cut;
        };
        for (var visit = 1; visit <= 2; visit++)
        {
            var before = server.Sessions;
            await CollectAsync(depot);
            Assert.InRange(server.Sessions - before, 1, 15);
        }

        await IsWellWhenTheServerIsAsync(server, depot, 3);
    }

    [Fact]
    public async Task A_session_broken_by_an_odd_mail_is_reported_even_if_the_next_login_is_cut()
    {
        await using var server = Server("USER\r\nUIDL");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        await CollectAsync(depot); // less than a minute after the QUIT
        server.Mails.AddRange([("a", Mail("a")), ("odd", Mail("odd"))]);
        Odd(server, "", "odd");
        server.Serves = session => session <= 2;
        var visit = await CollectAsync(depot);
        Assert.Equal((Pop3FailureKind.NotPop3, 2, false), (visit.Failure?.Kind, visit.Collected, visit.TooEarly));
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((1, 2L, 2), (state.Failures, state.Collected, state.Progress.Undeleted));

        server.Serves = _ => true;
        await IsWellWhenTheServerIsAsync(server, depot, 2);
    }

    [Fact]
    public async Task A_server_with_LOGIN_DELAY_gets_one_session_and_the_odd_mail_its_own_when_no_other_is_left()
    {
        await using var server = Server("USER\r\nUIDL\r\nLOGIN-DELAY 60", "a", "odd", "c");
        Odd(server, "", "odd");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        for (var visit = 1; visit <= 4; visit++)
        {
            await CollectAsync(depot);
            Assert.Equal(visit, server.Sessions);
        }

        Assert.Equal("odd", Assert.Single(server.Mails).Uidl);
    }

    [Fact]
    public async Task Without_UIDLs_the_odd_mail_is_recognized_by_its_size()
    {
        await using var server = Server("USER", "", "", "");
        (server.Mails[1], server.Instead["UIDL"]) = (("", Mail("longer")), "-ERR what?");
        server.Heard = _ => Instead(server, "", mail => mail.Mail.Length == Mail("longer").Length);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        await CollectAsync(depot);
        var second = await CollectAsync(depot);
        Assert.Equal(Mail("longer"), Assert.Single(server.Mails).Mail);
        Assert.Contains(
            $"when asked to delete the mail number 1 ({Mail("longer").Length} bytes)", second.Failure!.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_storage_call_may_fail_and_the_others_are_deleted_all_the_same(bool afterItWasDone)
    {
        var failed = await SideBySide.EachCallAsync(async failing =>
        {
            var fault = new FaultAt();
            fault.Stop();
            await using var server = Server("USER\r\nUIDL", "a", "odd", "c");
            Odd(server, "", "odd");
            await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, more: server.Settings());
            fault.Reset(failing, afterItWasDone);
            await OutageTests.TryAsync(depot);
            var isReached = fault.Calls >= failing;
            fault.Stop();
            await OutageTests.BreakLeaseAsync(depot);
            await CollectAsync(depot);
            Assert.Equal("odd", Assert.Single(server.Mails).Uidl);
            await depot.ArchiveAllAsync();
            await IsArchivedOnceAsync(depot, [Mail("a"), Mail("odd"), Mail("c")]);
            return isReached;
        });
        Assert.True(failed >= 8, $"Only {failed} calls to storage failed: a visit does too little.");
    }

    private static async Task IsWellWhenTheServerIsAsync(ScriptedServer server, TestDepot depot, int mails)
    {
        server.Heard = _ => { };
        server.Instead.Clear();
        for (var visit = 0; server.Mails.Count > 0; visit++)
        {
            Assert.InRange(visit, 0, 3);
            Assert.Null((await CollectAsync(depot)).Failure);
        }

        Assert.Null((await CollectAsync(depot)).Failure);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));
        Assert.Equal(mails, (await depot.TicketsAsync()).Count);
    }

    private static ScriptedServer Server(string capabilities, params string[] uidls)
    {
        var server = new ScriptedServer { Capabilities = capabilities };
        server.Mails.AddRange(uidls.Select(uidl => (uidl, Mail(uidl))));
        return server;
    }

    /// <summary>By mail, whatever its number is in a session.</summary>
    private static void Odd(ScriptedServer server, string answer, params string[] uidls) =>
        server.Heard = _ => Instead(server, answer, mail => uidls.Contains(mail.Uidl));

    private static void Instead(ScriptedServer server, string answer, Func<(string Uidl, byte[] Mail), bool> isOdd)
    {
        foreach (var key in server.Instead.Keys.Where(key => key.StartsWith("DELE ", StringComparison.Ordinal)).ToList())
        {
            server.Instead.Remove(key);
        }

        for (var number = 1; number <= server.Mails.Count; number++)
        {
            if (isOdd(server.Mails[number - 1]))
            {
                server.Instead[$"DELE {number}"] = answer;
            }
        }
    }

    private static byte[] Mail(string uidl) => A.Mail().MessageId($"{uidl}@example.com").Bytes();
}
