using MailDepot.Pop3;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Pop3;

/// <summary>When the next login waits, and for how long.</summary>
public sealed class LoginPauseTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_failed_logins_make_the_pause_longer_and_only_a_login_makes_it_short_again()
    {
        await using var server = new ScriptedServer();
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(azurite.NextAccount(), clock, more: server.Settings());
        foreach (var (at, says, minutes) in new[]
        {
            ("greeting", "-ERR too many connections", 0), ("USER", ScriptedServer.Cut, 0), ("PASS", "-ERR [SYS/TEMP] unwell", 0), ("LIST", "rubbish", 0), ("PASS", "-ERR no", 5), ("greeting", "-ERR [SYS/TEMP] unwell", 0),
            ("PASS", "-ERR no", 10), ("LIST", "rubbish", 0), ("PASS", "-ERR no", 5), ("PASS", "-ERR no", 10),
        })
        {
            server.Instead.Clear();
            server.Instead[at] = says;
            Assert.NotNull((await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token))!.Failure);
            Assert.Equal(minutes == 0 ? null : clock.GetUtcNow().AddMinutes(minutes), (await depot.Get<MailboxBook>().ReadAsync(DovecotMailbox.Name, Token)).PausedUntil);
            clock.Advance(TimeSpan.FromMinutes(minutes));
        }
    }

    [Theory]
    [InlineData("PASS", "-ERR mailbox locked after too many failed logins", true)]
    [InlineData("PASS", "-ERR maildrop already locked", true)]
    [InlineData("PASS", "-ERR SSL is for others", true)]
    [InlineData("PASS", "-ERR mechanism not supported", true)]
    [InlineData("PASS", "-ERR [AUTH] unsupported password", true)]
    [InlineData("PASS", "-ERR [IN-USE] somebody is here", false)]
    [InlineData("PASS", "-ERR [SYS/TEMP] no login now", false)]
    [InlineData("USER", "-ERR what?", true)]
    [InlineData("USER", "-ERR unknown command", false)]
    [InlineData("USER", "-ERR encrypt first", false)]
    public async Task Every_no_to_a_secret_pauses_the_mailbox_unless_its_code_names_another_reason(string at, string says, bool paused)
    {
        await using var server = new ScriptedServer { Instead = { [at] = says } };
        await using var depot = await TestDepot.CreateAsync(azurite.NextAccount(), more: server.Settings());
        await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token);
        var state = await depot.Get<MailboxBook>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((paused, paused ? 1 : 0), (state.PausedUntil is not null, state.FailedLogins));
    }

    [Theory]
    [InlineData(400, true)]
    [InlineData(401, true)]
    [InlineData(429, false)]
    [InlineData(503, false)]
    public async Task A_client_s_secret_that_is_refused_pauses_the_mailbox_and_an_endpoint_that_is_unwell_does_not(int status, bool paused)
    {
        await using var server = new ScriptedServer();
        await using var endpoint = new TokenEndpoint("""{"error":"invalid_client"}""", status);
        var settings = server.Settings();
        foreach (var (key, value) in new[] { ("Authentication", "xoauth2"), ("TokenEndpoint", endpoint.Address), ("ClientId", "our-id"), ("Scope", "all") })
        {
            settings[$"MailDepot:Mailboxes:0:{key}"] = value;
        }

        await using var depot = await TestDepot.CreateAsync(azurite.NextAccount(), more: settings);
        Assert.Equal(Pop3FailureKind.Token, (await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token))!.Failure?.Kind);
        Assert.Equal(paused, (await depot.Get<MailboxBook>().ReadAsync(DovecotMailbox.Name, Token)).PausedUntil is not null);
    }

    [Fact]
    public async Task A_change_while_a_visit_runs_is_not_paused_by_the_login_that_fails_at_its_end()
    {
        await using var server = new ScriptedServer();
        await using var depot = await TestDepot.CreateAsync(azurite.NextAccount(), passwords: new MemoryPasswords());
        var mailbox = server.Access().Mailbox;
        mailbox.PasswordSetting = "";
        await depot.Get<MailboxAccounts>().AddAsync(mailbox, "the wrong one", Token);
        var (book, now) = (depot.Get<MailboxBook>(), TimeProvider.System.GetUtcNow());
        var before = await book.ReadAsync(DovecotMailbox.Name, Token);
        await depot.Get<MailboxAccounts>().EditAsync(DovecotMailbox.Name, _ => { }, "the right one", Token);
        Assert.Null(await PausedAsync(before)); // the visit began before
        Assert.Equal(now.AddHours(1), await PausedAsync(await book.ReadAsync(DovecotMailbox.Name, Token)));
        await depot.Get<MailboxAccounts>().EditAsync(DovecotMailbox.Name, _ => { }, "another", Token);
        Assert.Null((await book.ReadAsync(DovecotMailbox.Name, Token)).PausedUntil);

        async Task<DateTimeOffset?> PausedAsync(MailboxState start)
        {
            var visit = new VisitResult("No.", new Pop3Failure(Pop3FailureKind.Login, "No.", "None."), More: false, start.Progress);
            await book.PolledAsync(DovecotMailbox.Name, now, visit, start, now.AddHours(1), secured: null, Token);
            return (await book.ReadAsync(DovecotMailbox.Name, Token)).PausedUntil;
        }
    }
}
