using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Tests.Connectors.Pop3.Accounts;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>When the next login is delayed, and for how long.</summary>
public sealed class LoginPauseTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_failed_logins_lengthen_the_pause_only_a_login_resets_it_and_an_outage_causes_a_minute_s_pause()
    {
        await using var server = new ScriptedServer();
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: server.Settings());
        foreach (var (at, says, minutes) in new[]
        {
            ("greeting", "-ERR too many connections", 0), ("USER", ScriptedServer.Cut, 0), ("PASS", "-ERR [SYS/TEMP] not now", 1),
            ("LIST", "rubbish", 0), ("PASS", "-ERR no", 5), ("greeting", "-ERR [SYS/TEMP] not now", 1),
            ("PASS", "-ERR Server Unavailable. 21", 1), ("PASS", "-ERR no", 10), ("LIST", "rubbish", 0), ("PASS", "-ERR no", 5),
            ("PASS", "-ERR no", 10),
        })
        {
            server.Instead.Clear();
            server.Instead[at] = says;
            Assert.NotNull((await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token))!.Failure);
            Assert.Equal(
                minutes == 0 ? null : clock.GetUtcNow().AddMinutes(minutes),
                (await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).PausedUntil);
            clock.Advance(TimeSpan.FromMinutes(minutes));
        }
    }

    [Theory]
    [InlineData("PASS", "-ERR mailbox locked after too many failed logins", true)]
    [InlineData("PASS", "-ERR maildrop already locked", true)]
    [InlineData("PASS", "-ERR SSL is for others", true)]
    [InlineData("PASS", "-ERR mechanism not supported", true)]
    [InlineData("PASS", "-ERR [AUTH] unsupported password", true)]
    [InlineData("PASS", "+ERR wrong password", true)]
    [InlineData("PASS", "-ERR [IN-USE] somebody is here", false)]
    [InlineData("PASS", "-ERR mailbox is busy, try again later", false)]
    [InlineData("USER", "-ERR what?", true)]
    [InlineData("USER", "-ERR unknown command", false)]
    [InlineData("USER", "-ERR encrypt first", false)]
    public async Task Every_refused_secret_pauses_the_mailbox_unless_code_or_text_name_another_reason(string at, string says, bool paused)
    {
        await using var server = new ScriptedServer { Instead = { [at] = says } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token);
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((paused, paused ? 1 : 0), (state.PausedUntil is not null, state.FailedLogins));
    }

    [Theory]
    [InlineData("PASS", "-ERR Server Unavailable")]
    [InlineData("PASS", "-ERR Server Unavailable. 21")] // Exchange Online
    [InlineData("PASS", "+ERR Server Unavailable")]
    [InlineData("PASS", "-ERR [SYS/TEMP] no login now")]
    [InlineData("PASS", "-ERR [SYS/TEMP] Temporary authentication failure. [pop.example.com:2026-01-01 10:00:00]")] // Dovecot
    [InlineData("PASS", "-ERR Temporary authentication failure.")] // Dovecot before it had the code
    [InlineData("PASS", "-ERR Internal login failure. Refer to server log for more information.")] // Dovecot
    [InlineData("PASS", "-ERR [sys/temp] Temporary system problem. Please try again later.")] // Gmail
    [InlineData("PASS", "-ERR Temporary problem, please try again later")] // Courier
    [InlineData("PASS", "-ERR [UNAVAILABLE] Password database")]
    [InlineData("PASS", "-ERR [X-FAULT] backend UNAVAILABLE")]
    [InlineData("PASS", "-ERR internal server error")] // nginx
    [InlineData("PASS", "-ERR Internal Error")]
    [InlineData("PASS", "-ERR System error, please try again later.")] // Synchronet
    [InlineData("PASS", "-ERR server too busy")]
    [InlineData("PASS", "-ERR too many connections")]
    [InlineData("PASS", "-ERR authentication timeout")]
    [InlineData("PASS", "-ERR can't contact the backend of wrong-password@example.com", "wrong-password@example.com")]
    [InlineData("USER", "-ERR Service temporarily unavailable")]
    [InlineData("AUTH", "-ERR Server Unavailable", "anna", "plain")]
    [InlineData("APOP", "-ERR Server Unavailable", "anna", "apop")]
    public async Task A_server_with_a_temporary_problem_gets_a_minute_and_the_password_is_not_mentioned(
        string at, string says, string user = "anna", string way = "auto")
    {
        await using var server = new ScriptedServer { Instead = { [at] = says, ["greeting"] = "+OK ready <1896.697170952@example.com>" } };
        var (settings, clock) = (server.Settings(), new FakeTimeProvider(Tickets.Noon));
        (settings["MailDepot:Mailboxes:0:User"], settings["MailDepot:Mailboxes:0:Authentication"]) = (user, way);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: settings);
        var visit = await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token);
        Assert.Equal((Pop3FailureKind.ServerTemporary, says[5..]), (visit!.Failure?.Kind, visit.Failure?.ServerReply));
        Assert.DoesNotContain("password", visit.Failure!.Sentence + visit.Failure.WayOut, StringComparison.OrdinalIgnoreCase);
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((0, clock.GetUtcNow().AddMinutes(1)), (state.FailedLogins, state.PausedUntil));
    }

    [Theory]
    [InlineData("-ERR [AUTH] Server unavailable, try again later")]
    [InlineData("-ERR [AUTH] Temporary authentication failure")]
    [InlineData("-ERR Invalid login or password, please try again")]
    [InlineData("-ERR Incorrect credentials. Try again later.")]
    [InlineData("-ERR Authentication failed, try again")]
    [InlineData("-ERR Login failed. Please try again later.")]
    [InlineData("-ERR Logon failure: unknown user name or bad password.")]
    [InlineData("-ERR Your account is temporarily locked")]
    [InlineData("-ERR Too many failed login attempts, try again later")]
    [InlineData("-ERR mailbox locked after too many failed logins, try again later")]
    [InlineData("-ERR no")]
    public async Task Phrases_about_the_secret_or_a_locked_account_count_as_a_failed_login_whatever_else_is_said(string says)
    {
        await using var server = new ScriptedServer { Instead = { ["PASS"] = says } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        var visit = await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token);
        Assert.Equal(Pop3FailureKind.Login, visit!.Failure?.Kind);
        Assert.Equal(1, (await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).FailedLogins);
    }

    [Theory]
    [InlineData(400, true)]
    [InlineData(401, true)]
    [InlineData(429, false)]
    [InlineData(503, false)]
    public async Task A_refused_client_secret_pauses_the_mailbox_and_an_endpoint_with_a_problem_does_not(int status, bool paused)
    {
        await using var server = new ScriptedServer();
        await using var endpoint = new TokenEndpoint("""{"error":"invalid_client"}""", status);
        var settings = server.Settings();
        foreach (var (key, value) in new[]
        {
            ("Authentication", "xoauth2"), ("TokenEndpoint", endpoint.Address), ("ClientId", "our-id"), ("Scope", "all"),
        })
        {
            settings[$"MailDepot:Mailboxes:0:{key}"] = value;
        }

        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(
            Pop3FailureKind.Token, (await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token))!.Failure?.Kind);
        Assert.Equal(paused, (await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).PausedUntil is not null);
    }

    [Fact]
    public async Task An_edit_during_a_visit_is_not_paused_by_that_visit_s_failed_login()
    {
        await using var server = new ScriptedServer();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), passwords: new MemoryPasswords());
        var mailbox = server.Access().Mailbox;
        mailbox.PasswordSetting = "";
        await depot.Get<MailboxAccounts>().AddAsync(mailbox, "the wrong one", Token);
        var (states, now) = (depot.Get<MailboxStates>(), TimeProvider.System.GetUtcNow());
        var before = await states.ReadAsync(DovecotMailbox.Name, Token);
        await depot.Get<MailboxAccounts>().EditAsync(DovecotMailbox.Name, _ => { }, "the right one", Token);
        Assert.Null(await PausedAsync(before)); // the visit began before the edit
        Assert.Equal(now.AddHours(1), await PausedAsync(await states.ReadAsync(DovecotMailbox.Name, Token)));
        await depot.Get<MailboxAccounts>().EditAsync(DovecotMailbox.Name, _ => { }, "another", Token);
        Assert.Null((await states.ReadAsync(DovecotMailbox.Name, Token)).PausedUntil);

        async Task<DateTimeOffset?> PausedAsync(MailboxState start)
        {
            var visit = new VisitResult("No.", Pop3Failure.Login(mailbox, "No."), More: false, start.Progress);
            await states.PolledAsync(DovecotMailbox.Name, now, visit, start, now.AddHours(1), secured: null, Token);
            return (await states.ReadAsync(DovecotMailbox.Name, Token)).PausedUntil;
        }
    }
}
