using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Tests.Connectors.Pop3;

namespace MailDepot.Tests.Trust;

/// <summary>Replies of servers are shown to people, but never with a secret.</summary>
public sealed class ReplyRedactorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MailboxAuthentication.User, "PASS", "-ERR unknown command: {0}")]
    [InlineData(MailboxAuthentication.User, "PASS", "500 {0} is no command")]
    [InlineData(MailboxAuthentication.User, "PASS", "+ {0}")]
    [InlineData(MailboxAuthentication.User, "PASS", "-ERR {0}", 290)]
    [InlineData(MailboxAuthentication.User, "PASS", "500 {0}", 285)]
    [InlineData(MailboxAuthentication.Plain, "AUTH", "-ERR unknown command: {0}")]
    [InlineData(MailboxAuthentication.Plain, "AUTH", "-ERR UNKNOWN COMMAND: {0} OF S3CRET-7C1F")]
    [InlineData(MailboxAuthentication.Plain, "AUTH", "500 {0} is no command", 270)]
    [InlineData(MailboxAuthentication.Plain, "AUTH", "-ERR AUTH PLAIN AGFubmEAczNjcmV0LTd...")]
    [InlineData(MailboxAuthentication.XOAuth2, "AUTH", "-ERR unknown command: {0}")]
    [InlineData(MailboxAuthentication.XOAuth2, "AUTH", "-ERR {0}", 265)]
    [InlineData(MailboxAuthentication.XOAuth2, "AUTH", "-ERR bad token the-bearer-token-1b7e")]
    [InlineData(MailboxAuthentication.XOAuth2, "AUTH", "the-bearer-token-1b7e")]
    [InlineData(MailboxAuthentication.Apop, "APOP", "-ERR not like this: {0}")]
    [InlineData(MailboxAuthentication.User, "LIST", "-ERR you said s3cret-7c1f")]
    [InlineData(MailboxAuthentication.User, "LIST", "+OK\r\ns3cret-7c1f\r\n.")]
    public async Task Whatever_a_server_repeats_no_secret_is_shown(MailboxAuthentication way, string at, string says, int behind = 0)
    {
        await using var server = new ScriptedServer { Instead = { ["greeting"] = "+OK ready <1896.697170952@example.com>" } };
        await using var endpoint = new TokenEndpoint("""{"access_token":"the-bearer-token-1b7e"}""");
        var whole = at switch
        {
            "AUTH" when way is MailboxAuthentication.Plain => "AUTH PLAIN AGFubmEAczNjcmV0LTdjMWY=",
            "AUTH" => $"AUTH XOAUTH2 {Convert.ToBase64String("user=anna\u0001auth=Bearer the-bearer-token-1b7e\u0001\u0001"u8)}",
            "APOP" => "APOP anna 6281c99a139c509f348d9999340fb7c3",
            _ => "PASS s3cret-7c1f",
        };
        server.Instead[at] = string.Format(System.Globalization.CultureInfo.InvariantCulture, says, new string('.', behind) + whole);
        var access = server.Access(more: mailbox =>
        {
            endpoint.GiveTokensFor(mailbox);
            mailbox.Authentication = way;
        });
        var refusal = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var session = await Pop3Session.OpenAsync(access, Token);
            await session.ListAsync();
        });
        var text = Pop3Diagnosis.Of(access.Mailbox, refusal).Description;
        Assert.Contains("***", text, StringComparison.Ordinal);
        foreach (var secret in new[] { "s3cr", "AGFubmEAczN", "dXNlcj1h", "the-bear", "6281c9" })
        {
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("""{"error_description":"the secret s3cret-7c1f is wrong"}""", "the secret *** is wrong")]
    [InlineData("""{"error":"client_secret=s3cret-7c1f&scope"}""", "client_secret=***&scope")]
    [InlineData("""{"error_description":"long {0}s3cret-7c1f"}""", "long ")]
    public async Task Whatever_a_token_endpoint_repeats_the_client_secret_is_not_shown_and_the_rest_is_cut(string answer, string shown)
    {
        await using var server = new ScriptedServer();
        await using var endpoint = new TokenEndpoint(answer.Replace("{0}", new string('.', 288), StringComparison.Ordinal), 401);
        var refusal = await Assert.ThrowsAsync<MailboxException>(() => Pop3Session.OpenAsync(
            server.Access(more: mailbox => endpoint.GiveTokensFor(mailbox)), Token));
        Assert.StartsWith(shown, refusal.Failure.ServerReply, StringComparison.Ordinal);
        Assert.DoesNotContain("s3c", refusal.Failure.Description, StringComparison.Ordinal);
        Assert.InRange(refusal.Failure.ServerReply!.Length, shown.Length, 301);
    }

    [Fact]
    public async Task An_endpoint_s_response_that_is_too_long_is_not_read()
    {
        await using var server = new ScriptedServer();
        await using var endpoint = new TokenEndpoint($$"""{"access_token":"{{new string('a', 100_000)}}"}""");
        var refusal = await Assert.ThrowsAsync<MailboxException>(() => Pop3Session.OpenAsync(
            server.Access(more: mailbox => endpoint.GiveTokensFor(mailbox)), Token));
        Assert.Equal(Pop3FailureKind.Token, refusal.Failure.Kind);
    }
}
