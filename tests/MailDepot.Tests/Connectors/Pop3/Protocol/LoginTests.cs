using System.Text;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Connectors.Pop3.Protocol;

/// <summary>What a login sends, and what follows when it is refused.</summary>
public sealed class LoginTests(AzuriteFixture azurite)
{
    private const string LongToken = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MailboxAuthentication.Auto, "USER", "USER anna", "PASS s3cret-7c1f")]
    [InlineData(MailboxAuthentication.Auto, "USER\r\nSASL PLAIN LOGIN", "AUTH PLAIN AGFubmEAczNjcmV0LTdjMWY=")]
    [InlineData(MailboxAuthentication.User, "USER\r\nSASL PLAIN", "USER anna", "PASS s3cret-7c1f")]
    [InlineData(MailboxAuthentication.Plain, "USER", "AUTH PLAIN AGFubmEAczNjcmV0LTdjMWY=")]
    [InlineData(MailboxAuthentication.Apop, "USER", "APOP anna 6281c99a139c509f348d9999340fb7c3")]
    public async Task Each_method_sends_what_its_standard_says_and_nothing_else(
        MailboxAuthentication way, string capabilities, params string[] said)
    {
        await using var server = new ScriptedServer
        {
            Capabilities = capabilities,
            Instead = { ["greeting"] = "+OK ready <1896.697170952@example.com>", ["AUTH"] = "+OK", ["APOP"] = "+OK" },
        };
        await using (await Pop3Session.OpenAsync(server.Access(more: mailbox => mailbox.Authentication = way), Token))
        {
            Assert.Equal(said, server.Commands.Where(command => command != "CAPA"));
        }
    }

    [Fact]
    public async Task APOP_without_a_timestamp_is_not_attempted()
    {
        await using var server = new ScriptedServer();
        var access = server.Access(more: mailbox => mailbox.Authentication = MailboxAuthentication.Apop);
        var refusal = await Assert.ThrowsAsync<MailboxException>(() => Pop3Session.OpenAsync(access, Token));
        Assert.Equal(Pop3FailureKind.LoginMethod, refusal.Failure.Kind);
        Assert.DoesNotContain(server.Commands, command => command.Contains(DovecotMailbox.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_is_requested_once_and_a_long_one_is_sent_on_a_line_of_its_own()
    {
        var token = LongToken + new string('a', 1500);
        await using var server = new ScriptedServer
        {
            Capabilities = "SASL XOAUTH2",
            Instead = { ["AUTH XOAUTH2"] = "+ ", ["dXNlcj1hbm5h"] = "+OK" },
        };
        await using var endpoint = new TokenEndpoint($$"""{"token_type":"Bearer","expires_in":3600,"access_token":"{{token}}"}""");
        var clock = new FakeTimeProvider(Tickets.Noon);
        using var tokens = new Pop3Tokens(clock);
        var access = server.Access(more: mailbox => endpoint.GiveTokensFor(mailbox)) with { Tokens = tokens };
        foreach (var (minutes, asked) in new[] { (0, 1), (57, 1), (2, 2) })
        {
            clock.Advance(TimeSpan.FromMinutes(minutes));
            await using var session = await Pop3Session.OpenAsync(access, Token);
            Assert.Equal(asked, endpoint.Asked.Count);
        }

        Assert.Equal(
            "grant_type=client_credentials&client_id=our-id&client_secret=s3cret-7c1f&scope=https%3A%2F%2Foutlook.example.com%2F.default",
            endpoint.Asked[0]);
        var shown = server.Commands.First(command => command.StartsWith("dXNlcj", StringComparison.Ordinal));
        Assert.Equal($"user=anna\u0001auth=Bearer {token}\u0001\u0001", Encoding.UTF8.GetString(Convert.FromBase64String(shown)));
    }

    [Fact]
    public async Task A_token_in_a_setting_is_sent_as_it_is_and_a_refusal_has_the_server_s_reply()
    {
        await using var server = new ScriptedServer { Capabilities = "SASL XOAUTH2" };
        server.Instead["AUTH XOAUTH2"] = "+ eyJzdGF0dXMiOiI0MDEifQ==";
        server.Instead["CAPA"] = "+OK\r\nSASL XOAUTH2\r\n.";
        server.Instead[""] = "-ERR [AUTH] Authentication failure: unknown user name or bad token."; // whatever else is sent
        var refusal = await Assert.ThrowsAsync<MailboxException>(
            () => Pop3Session.OpenAsync(server.Access(more: mailbox => mailbox.Authentication = MailboxAuthentication.XOAuth2), Token));
        Assert.Equal(
            (Pop3FailureKind.Login, "[AUTH] Authentication failure: unknown user name or bad token."),
            (refusal.Failure.Kind, refusal.Failure.ServerReply));
        Assert.Contains(
            server.Commands,
            command => command == $"AUTH XOAUTH2 {Convert.ToBase64String("user=anna\u0001auth=Bearer s3cret-7c1f\u0001\u0001"u8)}");
    }

    [Fact]
    public async Task An_endpoint_that_issues_no_token_is_reported_with_its_reply()
    {
        await using var server = new ScriptedServer();
        await using var endpoint = new TokenEndpoint(
            """{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1"}""", 401);
        var refusal = await Assert.ThrowsAsync<MailboxException>(() => Pop3Session.OpenAsync(
            server.Access(more: mailbox => endpoint.GiveTokensFor(mailbox)), Token));
        Assert.Equal(
            (Pop3FailureKind.Token, "AADSTS7000215: Invalid client secret provided."), (refusal.Failure.Kind, refusal.Failure.ServerReply));
        Assert.Contains("answered 401", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_failed_login_lengthens_the_pause_and_a_manual_poll_may_try_at_once()
    {
        await using var server = new ScriptedServer { Instead = { ["PASS"] = "-ERR [AUTH] wrong password: s3cret-7c1f" } };
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: server.Settings());
        var states = depot.Get<MailboxStates>();
        foreach (var minutes in new[] { 5, 10, 20, 40, 80, 160, 240, 240 })
        {
            var visit = await PollAsync(now: false);
            Assert.Equal((Pop3FailureKind.Login, "[AUTH] wrong password: ***"), (visit!.Failure!.Kind, visit.Failure.ServerReply));
            Assert.Equal(clock.GetUtcNow().AddMinutes(minutes), (await states.ReadAsync(DovecotMailbox.Name, Token)).PausedUntil);
            clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
            Assert.Null(await PollAsync(now: false));
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        var logins = Logins();
        await PollAsync(now: false);
        Assert.NotNull(await PollAsync(now: true));
        Assert.Equal(logins + 2, Logins());
        clock.Advance(TimeSpan.FromHours(4));
        server.Instead.Clear();
        Assert.False((await PollAsync(now: false))!.Failed);
        var state = await states.ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((0, null, null, Pop3FailureKind.Login), (state.Failures, state.FailingSince, state.PausedUntil, state.Failure!.Kind));
        Assert.Equal(clock.GetUtcNow(), state.Succeeded);

        Task<VisitResult?> PollAsync(bool now) => depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now, Token);
        int Logins() => server.Commands.Count(command => command.StartsWith("PASS", StringComparison.Ordinal));
    }
}
