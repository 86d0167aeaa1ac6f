using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Tests.Connectors.Pop3.Accounts;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>What a visit does after its first QUIT: some servers list more mails only then, and some refuse another login.</summary>
public sealed class SessionsTests(AzuriteFixture azurite)
{
    private const string Key = "MailDepot:Mailboxes:0:";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_poll_collects_700_mails_from_a_server_that_lists_250_per_session()
    {
        await using var server = new ScriptedServer { Shows = 250, Capabilities = "USER\r\nUIDL\r\nPIPELINING" };
        server.Mails.AddRange(Mails(700));
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(("700 mails collected.", null, 0, 700, false), Outcome(await CollectAsync(depot)));
        Assert.Equal((0, 4), (server.Mails.Count, server.Sessions)); // the last one finds nothing left
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((0, 700L, 0), (state.Waiting, state.Collected, state.Progress.Undeleted));
    }

    [Theory]
    [InlineData("LeaveOnServer", "true", "", "", 5)]
    [InlineData("", "", "DELE", "+OK", 3)] // but it deletes nothing
    [InlineData("", "", "RETR 1", "-ERR can't read it", 4)]
    [InlineData("", "", "UIDL", "-ERR what?", 5)]
    public async Task What_stays_on_the_server_is_not_listed_forever(string setting, string value, string at, string says, int collected)
    {
        await using var server = new ScriptedServer { Shows = setting.Length > 0 || at == "UIDL" ? 5 : 3, Capabilities = "USER" };
        server.Mails.AddRange(Mails(5));
        server.Instead[at.Length > 0 ? at : "no command"] = says;
        if (at == "UIDL")
        {
            server.Instead["DELE"] = "+OK"; // what it ignores is recognized by its content
        }

        var settings = server.Settings();
        settings[Key + (setting.Length > 0 ? setting : "CommitEvery")] = value.Length > 0 ? value : "100";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        var visit = await CollectAsync(depot);
        Assert.Equal((collected, false), (visit.Collected, visit.More));
        Assert.InRange(server.Sessions, 2, 3);
        Assert.Equal(collected, (await depot.TicketsAsync()).Count);

        var sessions = server.Sessions;
        Assert.Equal(0, (await CollectAsync(depot)).Collected);
        Assert.InRange(server.Sessions - sessions, 1, 2);
    }

    [Fact]
    public async Task A_visit_ends_at_its_limit_if_mail_arrives_as_fast_as_it_is_collected_and_the_next_one_follows()
    {
        await using var server = new ScriptedServer();
        server.Mails.AddRange(Mails(2));
        var next = 3;
        server.Heard = command => server.Mails.AddRange(command == "QUIT" ? [Mail(next++), Mail(next++)] : []);
        var settings = server.Settings();
        settings[Key + "MaxMailsPerRun"] = "6";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(("6 mails collected.", null, 0, 6, true), Outcome(await CollectAsync(depot)));
        Assert.Equal(3, server.Sessions);
    }

    [Fact]
    public async Task A_server_with_LOGIN_DELAY_is_not_listed_again()
    {
        await using var server = new ScriptedServer { Shows = 2, Capabilities = "USER\r\nUIDL\r\nLOGIN-DELAY 60" };
        server.Mails.AddRange(Mails(5));
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(("2 mails collected.", null, 0, 2, false), Outcome(await CollectAsync(depot)));
        Assert.Equal(1, server.Sessions);
    }

    [Fact]
    public async Task A_listing_that_brings_nothing_new_is_not_repeated()
    {
        await using var server = new ScriptedServer { Mails = { Mail(1) }, Instead = { ["QUIT"] = ScriptedServer.Cut } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        server.Instead.Clear();
        for (var sessions = 2; sessions <= 3; sessions++) // what the first left is deleted, then the mailbox is empty
        {
            Assert.Equal("Nothing new.", (await CollectAsync(depot)).Result);
            Assert.Equal((sessions, 0), (server.Sessions, server.Mails.Count));
        }
    }

    [Theory]
    [InlineData("closed")]
    [InlineData("reset")]
    [InlineData("closed in the handshake")]
    [InlineData("reset in the handshake")]
    [InlineData("greeting")]
    [InlineData("CAPA")]
    [InlineData("PASS")]
    public async Task A_second_login_that_is_cut_is_a_pause_and_the_mailbox_is_not_listed_again(string how)
    {
        using var certificate = SelfSigned();
        var tls = how.EndsWith("handshake", StringComparison.Ordinal);
        await using var server = new ScriptedServer { Certificate = tls ? certificate : null, TlsFirst = tls, Mails = { Mail(1) } };
        var settings = server.Settings(tls ? MailboxSecurity.Tls : MailboxSecurity.None);
        settings[Key + "Fingerprint"] = tls ? certificate.GetCertHashString(HashAlgorithmName.SHA256) : "";
        var cuts = true;
        if (how.StartsWith("closed", StringComparison.Ordinal) || how.StartsWith("reset", StringComparison.Ordinal))
        {
            (server.Serves, server.Resets) = (session => session == 1 || !cuts, how.StartsWith("reset", StringComparison.Ordinal));
        }
        else
        {
            server.Heard = command => server.Instead[how] = cuts && command == "QUIT"
                ? ScriptedServer.Cut
                : how == "greeting" ? "+OK hello" : server.Instead.GetValueOrDefault(how, "+OK\r\n.");
        }

        server.Instead["CAPA"] = "+OK\r\nUSER\r\nUIDL\r\n.";
        server.Instead["PASS"] = "+OK";
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: settings);
        Assert.Equal(("1 mail collected.", null, 0, 1, false), Outcome(await CollectAsync(depot)));
        Assert.Equal(2, server.Sessions);
        Assert.DoesNotContain(depot.Events, e => e.Kind is EventKind.Failed or EventKind.Warned);
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((0, clock.GetUtcNow(), clock.GetUtcNow()), (state.Failures, state.Succeeded, state.TurnedAway));

        cuts = false;
        (server.Instead["CAPA"], server.Instead["PASS"], server.Instead["greeting"]) = ("+OK\r\nUSER\r\nUIDL\r\n.", "+OK", "+OK hello");
        server.Heard = _ => { };
        foreach (var (minutes, sessions) in new[] { (5, 1), (6 * 24 * 60, 1), (24 * 60, 2) }) // a week later it is tried again
        {
            clock.Advance(TimeSpan.FromMinutes(minutes));
            server.Mails.Add(Mail(minutes));
            var before = server.Sessions;
            Assert.Equal(1, (await CollectAsync(depot)).Collected);
            Assert.Equal(sessions, server.Sessions - before);
        }
    }

    [Theory]
    [InlineData("-ERR too many logins")]
    [InlineData("-ERR [AUTH] login rate exceeded")]
    [InlineData("-ERR authentication failed")]
    public async Task A_refused_second_login_does_not_mean_a_wrong_password_because_the_first_one_succeeded(string says)
    {
        await using var server = new ScriptedServer { Mails = { Mail(1) } };
        server.Heard = command => server.Instead["PASS"] = server.Sessions == 1 ? "+OK" : says;
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(("1 mail collected.", null, 0, 1, false), Outcome(await CollectAsync(depot)));
        Assert.Equal(2, server.Sessions);
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((0, 0, null), (state.Failures, state.FailedLogins, state.PausedUntil));
        Assert.NotNull(state.TurnedAway);

        Assert.Equal(Pop3FailureKind.Login, (await CollectAsync(depot)).Failure?.Kind); // if it lasts, the next poll reports it
        Assert.Equal(3, server.Sessions);
    }

    [Fact]
    public async Task A_server_whose_UIDLs_change_with_each_session_is_listed_twice_per_visit()
    {
        await using var server = new ScriptedServer { Mails = { Mail(1), Mail(2), Mail(3) } };
        server.Heard = command =>
        {
            if (command == "LIST")
            {
                for (var i = 0; i < server.Mails.Count; i++)
                {
                    server.Mails[i] = ($"{server.Sessions}-{i}", server.Mails[i].Mail);
                }
            }
        };
        var settings = server.Settings();
        (settings[Key + "LeaveOnServer"], settings[Key + "MaxMailsPerRun"]) = ("true", "100");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal((6, false), (await CollectAsync(depot)) is var visit ? (visit.Collected, visit.More) : default);
        Assert.Equal(2, server.Sessions);
        await depot.ArchiveAllAsync();
        Assert.Equal(3, (await depot.LedgerAsync()).Count);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_does_not_turn_an_outage_into_a_pause()
    {
        await using var server = new ScriptedServer();
        var account = await azurite.NextAccountAsync();
        await using (var ahead = await TestDepot.CreateAsync(
            account, new FakeTimeProvider(Tickets.Noon.AddDays(1)), more: server.Settings()))
        {
            await CollectAsync(ahead);
        }

        server.Serves = _ => false;
        await using var depot = await TestDepot.CreateAsync(account, new FakeTimeProvider(Tickets.Noon), more: server.Settings());
        Assert.Equal(Pop3FailureKind.ConnectionLost, (await CollectAsync(depot)).Failure?.Kind);
    }

    [Fact]
    public async Task A_mailbox_with_one_session_per_visit_takes_everything_in_that_one()
    {
        await using var server = new ScriptedServer { Serves = session => session != 2 };
        server.Mails.AddRange(Mails(12));
        var (settings, clock) = (server.Settings(), new FakeTimeProvider(Tickets.Noon));
        settings[Key + "CommitEvery"] = "5";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: settings);
        Assert.Equal(("5 mails collected.", null, 7, 5, false), Outcome(await CollectAsync(depot)));
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(("7 mails collected.", null, 0, 7, false), Outcome(await CollectAsync(depot)));
        Assert.Equal((3, 0), (server.Sessions, server.Mails.Count));
    }

    [Fact]
    public async Task A_poll_that_is_cut_within_a_minute_of_the_last_is_a_pause_and_a_server_that_is_down_is_a_failure_after_it()
    {
        await using var server = new ScriptedServer { Mails = { Mail(1) }, Instead = { ["RETR"] = "-ERR can't read it" } };
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: server.Settings());
        var states = depot.Get<MailboxStates>();
        Assert.Equal(Pop3FailureKind.MailsRefused, (await CollectAsync(depot)).Failure?.Kind);
        var before = await states.ReadAsync(DovecotMailbox.Name, Token);

        server.Serves = _ => false;
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(
            ($"127.0.0.1:{server.Port} closed the connection without a reply, as some servers do within a minute after a session: "
                + "the next poll tries again.", null, 1, 0, false),
            Outcome(await CollectAsync(depot)));
        var after = await states.ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal(
            (before.Failures, before.Failure, before.FailingSince, before.Succeeded, before.Waiting),
            (after.Failures, after.Failure, after.FailingSince, after.Succeeded, after.Waiting));
        Assert.Equal((before.LastQuit!.Value.AddMinutes(1), clock.GetUtcNow()), (after.PausedUntil, after.TurnedAway));
        Assert.Equal(2, depot.Events.Count(e => e.Kind is EventKind.Failed)); // the refused mail, and the visit that failed because of it
        Assert.DoesNotContain(depot.Events, e => e.Kind is EventKind.Recovered);
        Assert.Null(await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token));

        clock.Advance(TimeSpan.FromSeconds(40));
        var down = await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token);
        Assert.Equal(Pop3FailureKind.ConnectionLost, down!.Failure?.Kind);
        Assert.Equal(2, (await states.ReadAsync(DovecotMailbox.Name, Token)).Failures);
    }

    [Fact]
    public async Task What_is_known_about_a_server_s_limits_is_forgotten_when_the_mailbox_is_edited()
    {
        await using var server = new ScriptedServer { Serves = session => session != 2, Mails = { Mail(1) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), passwords: new MemoryPasswords());
        var mailbox = server.Access().Mailbox;
        mailbox.PasswordSetting = "";
        await depot.Get<MailboxAccounts>().AddAsync(mailbox, DovecotMailbox.Password, Token);
        await CollectAsync(depot);
        var states = depot.Get<MailboxStates>();
        Assert.NotNull((await states.ReadAsync(DovecotMailbox.Name, Token)).TurnedAway);
        await depot.Get<MailboxAccounts>().EditAsync(DovecotMailbox.Name, _ => { }, "another", Token);
        var state = await states.ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((null, null), (state.TurnedAway, state.LastQuit));
        server.Mails.Add(Mail(2));
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        Assert.Equal(4, server.Sessions);
    }

    private static IEnumerable<(string Uidl, byte[] Mail)> Mails(int count) => Enumerable.Range(1, count).Select(Mail);

    private static (string Uidl, byte[] Mail) Mail(int number) => ($"u{number}", A.Mail().MessageId($"{number}@example.com").Bytes());

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
