using System.Net.Sockets;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Protocol;

/// <summary>Every way in which a server can refuse or misbehave, and what people read then.</summary>
public sealed class TaxonomyTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("greeting", "-ERR [SYS/TEMP] come back later", Pop3FailureKind.ServerTemporary, "[SYS/TEMP] come back later")]
    [InlineData("greeting", "-ERR [SYS/PERM] disk gone", Pop3FailureKind.ServerPermanent, "[SYS/PERM] disk gone")]
    [InlineData("greeting", "-ERR too many connections", Pop3FailureKind.CommandRefused, "too many connections")]
    [InlineData("greeting", "+ERR too many connections", Pop3FailureKind.CommandRefused, "too many connections")]
    [InlineData("greeting", "220 smtp.example.com ESMTP", Pop3FailureKind.NotPop3, null)]
    [InlineData("greeting", "HTTP/1.1 400 Bad Request", Pop3FailureKind.NotPop3, null)]
    [InlineData("greeting", "\u0015\u0003\u0001", Pop3FailureKind.TlsPort, null)]
    [InlineData(
        "PASS", "-ERR [IN-USE] Do you have another POP session running?", Pop3FailureKind.InUse,
        "[IN-USE] Do you have another POP session running?")]
    [InlineData("PASS", "-ERR maildrop already locked", Pop3FailureKind.InUse, "maildrop already locked")]
    [InlineData(
        "PASS", "-ERR mailbox locked after too many failed logins", Pop3FailureKind.Login, "mailbox locked after too many failed logins")]
    [InlineData("PASS", "-ERR [LOGIN-DELAY] wait 5 minutes", Pop3FailureKind.LoginDelay, "[LOGIN-DELAY] wait 5 minutes")]
    [InlineData("PASS", "-ERR [SYS/TEMP] backend away", Pop3FailureKind.ServerTemporary, "[SYS/TEMP] backend away")]
    [InlineData("PASS", "-ERR [AUTH] invalid", Pop3FailureKind.Login, "[AUTH] invalid")]
    [InlineData(
        "PASS", "-ERR Logon failure: unknown user name or bad password.", Pop3FailureKind.Login,
        "Logon failure: unknown user name or bad password.")]
    [InlineData("USER", "-ERR Command is not valid in this state.", Pop3FailureKind.TlsRequired, "Command is not valid in this state.")]
    [InlineData("USER", "-ERR Must issue a STLS command first", Pop3FailureKind.TlsRequired, "Must issue a STLS command first")]
    [InlineData(
        "USER", "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", Pop3FailureKind.TlsRequired,
        "[AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.")]
    [InlineData("USER", "-ERR unknown command", Pop3FailureKind.LoginMethod, "unknown command")]
    [InlineData("USER", "rubbish", Pop3FailureKind.NotPop3, null)]
    [InlineData("LIST", "-ERR [SYS/TEMP] index locked", Pop3FailureKind.ServerTemporary, "[SYS/TEMP] index locked")]
    [InlineData("LIST", "+ERR [SYS/TEMP] index locked", Pop3FailureKind.ServerTemporary, "[SYS/TEMP] index locked")]
    [InlineData("LIST", "+OK\r\nrubbish\r\n.", Pop3FailureKind.NotPop3, null)]
    [InlineData("UIDL", "-ERR [SYS/TEMP] index locked", Pop3FailureKind.ServerTemporary, "[SYS/TEMP] index locked")]
    [InlineData("UIDL", "-ERR not now", Pop3FailureKind.CommandRefused, "not now")]
    [InlineData("UIDL", "+OK\r\n1\r\n.", Pop3FailureKind.NotPop3, null)]
    [InlineData("UIDL", ScriptedServer.Cut, Pop3FailureKind.ConnectionLost, null)]
    [InlineData("RETR", "rubbish", Pop3FailureKind.NotPop3, null)]
    [InlineData("RETR", ScriptedServer.Cut, Pop3FailureKind.ConnectionLost, null)]
    [InlineData("RETR", "-ERR no such message", Pop3FailureKind.MailsRefused, null)]
    [InlineData("RETR", "+ERR no such message", Pop3FailureKind.MailsRefused, null)]
    [InlineData("DELE", ScriptedServer.Cut, Pop3FailureKind.ConnectionLost, null)]
    public async Task Each_failure_has_its_kind_a_sentence_a_way_out_and_the_server_s_reply(
        string at, string says, Pop3FailureKind kind, string? expected)
    {
        await using var server = new ScriptedServer { Mails = { ("a", A.Mail().Bytes()) }, Instead = { [at] = says } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        var visit = await CollectAsync(depot);
        Assert.NotNull(visit.Failure);
        Assert.Equal((kind, expected), (visit.Failure.Kind, visit.Failure.ServerReply));
        Assert.Contains($"127.0.0.1:{server.Port}", visit.Failure.Sentence, StringComparison.Ordinal);
        Assert.All([visit.Failure.Sentence, visit.Failure.WayOut, visit.Result], text => Assert.Matches("^[A-Z0-9].*[.]$", text));
        Assert.Single(server.Mails);
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((visit.Failure, 1, state.Polled), (state.Failure, state.Failures, state.FailingSince));

        // The mail is not lost, and the mailbox works again when the server does.
        server.Instead.Clear();
        Assert.Equal(at == "DELE" ? 0 : 1, (await CollectAsync(depot)).Collected);
        Assert.Empty(server.Mails);
        Assert.Single(await depot.TicketsAsync());
    }

    [Fact]
    public async Task Plain_text_on_a_TLS_port_is_reported_although_each_side_waits_for_the_other()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var made = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=localhost", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadPkcs12(
            made.Export(System.Security.Cryptography.X509Certificates.X509ContentType.Pkcs12), null);
        await using var server = new ScriptedServer { Certificate = certificate, TlsFirst = true };
        var refusal = await Assert.ThrowsAsync<MailboxException>(() => Pop3Session.OpenAsync(
            server.Access(timeout: TimeSpan.FromMilliseconds(300)), Token));
        Assert.Equal(Pop3FailureKind.TlsPort, refusal.Failure.Kind);
    }

    [Fact]
    public async Task After_an_invalid_reply_the_next_poll_requests_one_mail_at_a_time()
    {
        await using var server = new ScriptedServer { Capabilities = "USER\r\nUIDL\r\nPIPELINING", Instead = { ["RETR 2"] = "rubbish" } };
        server.Mails.AddRange(Enumerable.Range(1, 6).Select(i => ($"{i}", A.Mail().MessageId($"{i}@example.com").Bytes())));
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(Pop3FailureKind.NotPop3, (await CollectAsync(depot)).Failure?.Kind);
        server.Instead.Clear();
        Assert.Equal(5, (await CollectAsync(depot)).Collected);
        Assert.Empty(server.Mails);
        Assert.Equal(6, (await depot.TicketsAsync()).Count);
    }

    [Theory]
    [InlineData(
        503, "ServerBusy",
        "The depot's own storage accepts no mail (storage answered 503 ServerBusy); nothing was deleted on the server. Check "
        + "the storage account; the next poll tries again.")]
    [InlineData(
        403, "AccountIsDisabled",
        "The depot's own storage accepts no mail (storage answered 403 AccountIsDisabled); nothing was deleted on the server. "
        + "Check the storage account; the next poll tries again.")]
    [InlineData(
        507, "InsufficientStorage",
        "The depot's own storage is full (storage answered 507 InsufficientStorage); nothing was deleted on the "
        + "server. Raise the storage account's limit.")]
    [InlineData(
        403, "AccountQuotaExceeded",
        "The depot's own storage is full (storage answered 403 AccountQuotaExceeded); nothing was deleted on the "
        + "server. Raise the storage account's limit.")]
    public async Task Storage_that_accepts_nothing_is_reported_and_nothing_is_deleted(int status, string code, string expected)
    {
        await using var server = new ScriptedServer { Mails = { ("a", A.Mail().Bytes()) } };
        var fault = new FaultAt
        {
            On = IsTicket,
            Answer = () => new RequestFailedException(status, "It is no use.", code, innerException: null),
        };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, more: server.Settings());
        fault.Reset(1, afterIt: false);
        await IsReportedAsync(depot, server, expected);
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Storage_that_does_not_answer_is_reported_and_nothing_is_deleted()
    {
        await using var server = new ScriptedServer { Mails = { ("a", A.Mail().Bytes()) } };
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), policy: new NobodyThere(IsTicket), more: server.Settings());
        await IsReportedAsync(
            depot, server,
            "The depot's own storage accepts no mail (storage does not answer (Connection refused)); nothing was deleted on the server. "
            + "Check the storage account; the next poll tries again.");
    }

    [Theory]
    [InlineData(
        SocketError.HostNotFound, Pop3FailureKind.HostNotFound,
        "The host name pop.example.com can't be resolved. Check Host and this machine's DNS.")]
    [InlineData(
        SocketError.NoData, Pop3FailureKind.HostNotFound,
        "The host name pop.example.com can't be resolved. Check Host and this machine's DNS.")]
    [InlineData(
        SocketError.TryAgain, Pop3FailureKind.HostNotFound,
        "The host name pop.example.com can't be resolved. Check Host and this machine's DNS.")]
    [InlineData(
        SocketError.ConnectionRefused, Pop3FailureKind.ConnectionRefused,
        "pop.example.com:995 refused the connection: nothing listens there. Check Host and Port, and whether the server is running.")]
    [InlineData(
        SocketError.TimedOut, Pop3FailureKind.TimedOut,
        "The connection to pop.example.com:995 timed out. Check Host and Port, and whether a firewall blocks the connection.")]
    [InlineData(
        SocketError.HostUnreachable, Pop3FailureKind.Unreachable,
        "pop.example.com:995 can't be reached (No route to host). Check Host, Port and the network.")]
    [InlineData(
        SocketError.NetworkUnreachable, Pop3FailureKind.Unreachable,
        "pop.example.com:995 can't be reached (Network is unreachable). Check Host, Port and the network.")]
    public void A_server_that_cannot_be_reached_is_reported_with_the_reason(SocketError error, Pop3FailureKind kind, string expected)
    {
        var failure = Pop3Diagnosis.Of(
            new MailboxOptions { Name = "office", Host = "pop.example.com", Port = 995 }, new SocketException((int)error));
        Assert.Equal((kind, expected), (failure.Kind, failure.Description));
    }

    [Fact]
    public void An_unexpected_error_is_reported_without_a_stack_trace()
    {
        var mailbox = new MailboxOptions { Name = "office", Host = "pop.example.com", Port = 995 };
        Assert.Equal(
            "An unexpected error ended the poll: no such thing. The next poll tries again.",
            Pop3Diagnosis.Of(mailbox, new InvalidOperationException("no such thing.\n   at all")).Description);
    }

    private static async Task IsReportedAsync(TestDepot depot, ScriptedServer server, string expected)
    {
        var visit = await CollectAsync(depot);
        Assert.Equal((Pop3FailureKind.Storage, expected), (visit.Failure?.Kind, visit.Result));
        Assert.Equal($"Mailbox office: {expected}", Assert.Single(depot.Events, e => e.Kind is EventKind.Failed).Text);
        Assert.Single(server.Mails);
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("DELE", StringComparison.Ordinal));
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));
    }

    private static bool IsTicket(Uri uri) => uri.AbsolutePath.EndsWith("/archive/messages", StringComparison.Ordinal);

    /// <summary>Sends calls to a port on which nothing listens.</summary>
    private sealed class NobodyThere(Func<Uri, bool> on) : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message)
        {
            if (on(message.Request.Uri.ToUri()))
            {
                message.Request.Uri.Port = 1;
            }
        }
    }
}
