using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

public sealed class FailureTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const string Key = "MailDepot:Mailboxes:0:";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Passwords:office", "wrong", "rejected the login of user user", "[AUTH] Authentication failed.", "Passwords:office")]
    [InlineData("Passwords:office", "", "Passwords:office, which should hold the password, is not set")]
    // and is sent to no server
    [InlineData(
        "Passwords:office", "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/mailbox-office)",
        "Passwords:office refers to a key vault secret that could not be read")]
    [InlineData(Key + "Port", "1", "localhost:1 refused the connection: nothing listens there.")]
    [InlineData(Key + "Host", "no-such-host.invalid", "The host name no-such-host.invalid can't be resolved")]
    // a multicast address, which TCP can't reach
    [InlineData(Key + "Host", "224.0.0.1", "224.0.0.1:", " can't be reached (Network is unreachable). Check Host, Port and the network.")]
    [InlineData(Key + "Security", "tls", "does not speak TLS on this port. Check Port and Security")]
    [InlineData(Key + "Certificate", "/no/such.pem", "The certificate /no/such.pem can't be read")]
    public async Task What_an_administrator_can_repair_is_one_sentence_logged_once_and_so_is_its_end(
        string key, string value, params string[] expected)
    {
        var mailbox = dovecot.NextMailbox();
        mailbox.Put(SomeMails(1));
        var settings = mailbox.Settings();
        var right = settings[key];
        settings[key] = value;
        var account = await azurite.NextAccountAsync();
        await using var depot = await TestDepot.CreateAsync(account, more: settings);
        await CollectAsync(depot);
        var visit = await CollectAsync(depot);
        Assert.All(expected, word => Assert.Contains(word, visit.Result, StringComparison.Ordinal));
        Assert.Equal((true, 0), (visit.Failed, visit.Collected));
        Assert.Equal($"Mailbox office: {visit.Result}", Assert.Single(depot.Events, e => e.Kind is EventKind.Failed).Text);
        Assert.Single(mailbox.Mails);
        Assert.DoesNotContain(DovecotMailbox.Password, visit.Result, StringComparison.Ordinal);

        settings[key] = right;
        await using var repaired = await TestDepot.CreateAsync(account, more: settings);
        Assert.Equal(1, (await CollectAsync(repaired)).Collected);
        Assert.Single(repaired.Events, e => e.Kind is EventKind.Recovered);
        Assert.False((await repaired.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).Failing);
    }

    [Fact]
    public async Task A_certificate_that_is_not_configured_is_refused()
    {
        var settings = dovecot.NextMailbox().Settings(MailboxSecurity.Tls);
        settings[Key + "Certificate"] = "";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.StartsWith(
            $"The certificate of localhost:{dovecot.Port + 1} (CN=localhost, issued by CN=localhost) is not trusted",
            (await CollectAsync(depot)).Result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mailbox_in_use_is_reported_with_the_server_s_reply_and_collected_when_it_is_free()
    {
        var mailbox = dovecot.LockingMailbox();
        mailbox.Put(SomeMails(2));
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: mailbox.Settings());
        var other = new Pop3Access(
            (await depot.Get<MailboxDirectory>().FindAsync(DovecotMailbox.Name, Token))!.Options, DovecotMailbox.Password,
            depot.Get<Pop3Tokens>(), TimeSpan.FromSeconds(30), TimeProvider.System, _ => { });
        await using (var session = await Pop3Session.OpenAsync(other, Token))
        {
            var visit = await CollectAsync(depot);
            Assert.Equal(Pop3Failure.InUse(other.Mailbox, "[IN-USE] Mailbox is locked by another POP3 session."), visit.Failure);
            Assert.Equal($"Another session holds the mailbox of {mailbox.User} on localhost:{dovecot.Port}.", visit.Failure?.Sentence);
            Assert.Equal((0, 2), (visit.Collected, mailbox.Count));
            Assert.Null((await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).PausedUntil); // it is not a failed login
            Assert.True(await session.QuitAsync() is { Ok: true });
        }

        Assert.Equal(2, (await CollectAsync(depot)).Collected);
        Assert.Equal(0, mailbox.Count);
    }

    [Fact]
    public async Task A_wrong_password_is_one_failed_login()
    {
        await using var server = new ScriptedServer
        {
            Instead = { ["PASS"] = "-ERR [AUTH] no", ["CAPA"] = "+OK\r\nUSER\r\nSASL LOGIN CRAM-MD5\r\n." },
        };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Contains("It said: [AUTH] no.", (await CollectAsync(depot)).Result, StringComparison.Ordinal);
        Assert.Single(server.Commands, command => command.StartsWith("PASS", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("AUTH ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_STARTTLS_gets_no_password()
    {
        await using var server = new ScriptedServer();
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), more: server.Settings(MailboxSecurity.StartTls));
        Assert.Contains("does not accept STARTTLS", (await CollectAsync(depot)).Result, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("PASS", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mail_that_the_server_refuses_stays_and_the_others_are_collected()
    {
        await using var server = new ScriptedServer
        {
            Mails = { ("a", Mail(1)), ("b", Mail(2)), ("c", Mail(3)) },
            Instead = { ["RETR 2"] = "-ERR can't read it" },
        };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(
            ("2 mails collected. 1 mail refused by the server: the next poll tries again.", Pop3FailureKind.MailsRefused, 1, 2, false),
            Outcome(await CollectAsync(depot)));
        Assert.Contains(depot.Events, e => e.Text.Contains("UIDL b (can't read it)", StringComparison.Ordinal));
        Assert.Equal("b", Assert.Single(server.Mails).Uidl);
    }

    [Theory]
    [InlineData("DELE", "-ERR permission denied", "permission denied")]
    [InlineData("QUIT", "-ERR some messages were not deleted", "some messages were not deleted")]
    [InlineData("QUIT", ScriptedServer.Cut, null)]
    public async Task A_server_that_does_not_delete_is_reported_from_the_second_time_on_with_its_reply_until_it_does(
        string at, string says, string? expected)
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail(1)), ("b", Mail(2)) }, Instead = { [at] = says } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        var first = await CollectAsync(depot);
        Assert.Equal(
            ("2 mails collected. The server did not confirm that it deleted 2 mails, which are safe here: the next poll tries again.",
                null, 0, 2, false),
            Outcome(first));
        server.Mails.Add(("c", Mail(3)));
        var second = await CollectAsync(depot);
        Assert.Equal((Pop3FailureKind.NotDeleted, expected, 1), (second.Failure?.Kind, second.Failure?.ServerReply, second.Collected));
        Assert.Equal(3, server.Mails.Count);
        Assert.True((await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).Failing);
        server.Instead.Clear();
        Assert.Equal(("Nothing new.", null, 0, 0, false), Outcome(await CollectAsync(depot)));
        Assert.Empty(server.Mails);
        Assert.Equal(3, (await depot.TicketsAsync()).Count);
    }

    [Fact]
    public async Task Copies_under_one_UIDL_and_a_UIDL_given_to_another_mail_are_all_collected()
    {
        await using var server = new ScriptedServer { Mails = { ("1", Mail(1)), ("1", Mail(1)), ("2", Mail(2)) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(3, (await CollectAsync(depot)).Collected);
        Assert.Empty(server.Mails);
        server.Mails.Add(("2", Mail(1234)));
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Mail(1), Mail(2), Mail(1234)]);
        Assert.Single(depot.Events, e => e.Kind is EventKind.Duplicate);
    }

    [Theory]
    [InlineData("greeting")]
    [InlineData("UIDL")]
    [InlineData("RETR 1")]
    [InlineData("QUIT")]
    public async Task A_server_that_falls_silent_is_given_up(string at)
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail(1)) }, Instead = { [at] = null } };
        var access = server.Access(timeout: TimeSpan.FromMilliseconds(300));
        var silence = await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            await using var session = await Pop3Session.OpenAsync(access, Token);
            await session.ListAsync();
            session.Request(1);
            await session.FlushAsync();
            await (await session.NextMailAsync(0)).CopyToAsync(Stream.Null, Token);
            await session.QuitAsync();
        });
        Assert.Equal(Pop3FailureKind.TimedOut, Pop3Diagnosis.Of(access.Mailbox, silence).Kind);
    }

    [Fact]
    public async Task A_message_that_names_no_known_mailbox_is_dropped_and_logged()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.Get<Pop3Collector>().CollectAsync("""{"v":1,"mailbox":"elsewhere"}"""u8.ToArray(), Token);
        await depot.Get<Pop3Collector>().CollectAsync("nonsense"u8.ToArray(), Token);
        Assert.Equal(2, depot.Events.Count(e => e.Kind is EventKind.Failed));
    }

    private static byte[] Mail(int number) => A.Mail().MessageId($"{number}@example.com").Bytes();
}
