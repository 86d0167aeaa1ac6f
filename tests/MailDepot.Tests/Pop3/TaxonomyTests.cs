using MailDepot.Pop3;
using static MailDepot.Tests.Pop3.CollectTests;

namespace MailDepot.Tests.Pop3;

/// <summary>Every way in which a server can say no or nonsense, and what a person reads then.</summary>
public sealed class TaxonomyTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("greeting", "-ERR [SYS/TEMP] come back later", Pop3FailureKind.ServerTemporary, "[SYS/TEMP] come back later")]
    [InlineData("greeting", "-ERR [SYS/PERM] disk gone", Pop3FailureKind.ServerPermanent, "[SYS/PERM] disk gone")]
    [InlineData("greeting", "-ERR too many connections", Pop3FailureKind.CommandRefused, "too many connections")]
    [InlineData("greeting", "220 smtp.example.com ESMTP", Pop3FailureKind.NotPop3, null)]
    [InlineData("greeting", "HTTP/1.1 400 Bad Request", Pop3FailureKind.NotPop3, null)]
    [InlineData("greeting", "\u0015\u0003\u0001", Pop3FailureKind.TlsPort, null)]
    [InlineData("PASS", "-ERR [IN-USE] Do you have another POP session running?", Pop3FailureKind.InUse, "[IN-USE] Do you have another POP session running?")]
    [InlineData("PASS", "-ERR maildrop already locked", Pop3FailureKind.InUse, "maildrop already locked")]
    [InlineData("PASS", "-ERR [LOGIN-DELAY] wait 5 minutes", Pop3FailureKind.LoginDelay, "[LOGIN-DELAY] wait 5 minutes")]
    [InlineData("PASS", "-ERR [SYS/TEMP] backend away", Pop3FailureKind.ServerTemporary, "[SYS/TEMP] backend away")]
    [InlineData("PASS", "-ERR [AUTH] invalid", Pop3FailureKind.Login, "[AUTH] invalid")]
    [InlineData("PASS", "-ERR Logon failure: unknown user name or bad password.", Pop3FailureKind.Login, "Logon failure: unknown user name or bad password.")]
    [InlineData("USER", "-ERR Command is not valid in this state.", Pop3FailureKind.TlsRequired, "Command is not valid in this state.")]
    [InlineData("USER", "-ERR Must issue a STLS command first", Pop3FailureKind.TlsRequired, "Must issue a STLS command first")]
    [InlineData("USER", "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", Pop3FailureKind.TlsRequired, "[AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.")]
    [InlineData("USER", "-ERR unknown command", Pop3FailureKind.LoginMethod, "unknown command")]
    [InlineData("USER", "rubbish", Pop3FailureKind.NotPop3, null)]
    [InlineData("LIST", "-ERR [SYS/TEMP] index locked", Pop3FailureKind.ServerTemporary, "[SYS/TEMP] index locked")]
    [InlineData("LIST", "+OK\r\nrubbish\r\n.", Pop3FailureKind.NotPop3, null)]
    [InlineData("UIDL", "+OK\r\n1\r\n.", Pop3FailureKind.NotPop3, null)]
    [InlineData("UIDL", ScriptedServer.Cut, Pop3FailureKind.ConnectionLost, null)]
    [InlineData("RETR", "rubbish", Pop3FailureKind.NotPop3, null)]
    [InlineData("RETR", ScriptedServer.Cut, Pop3FailureKind.ConnectionLost, null)]
    [InlineData("RETR", "-ERR no such message", Pop3FailureKind.MailsRefused, null)]
    [InlineData("DELE", ScriptedServer.Cut, Pop3FailureKind.ConnectionLost, null)]
    public async Task Each_failure_has_its_kind_a_sentence_a_way_out_and_the_server_s_words(string at, string says, Pop3FailureKind kind, string? words)
    {
        await using var server = new ScriptedServer { Mails = { ("a", A.Mail().Bytes()) }, Instead = { [at] = says } };
        await using var depot = await TestDepot.CreateAsync(azurite.NextAccount(), more: server.Settings());
        var visit = await CollectAsync(depot);
        Assert.NotNull(visit.Failure);
        Assert.Equal((kind, words), (visit.Failure.Kind, visit.Failure.ServerWords));
        Assert.Contains($"127.0.0.1:{server.Port}", visit.Failure.Sentence, StringComparison.Ordinal);
        Assert.All([visit.Failure.Sentence, visit.Failure.WayOut, visit.Result], text => Assert.Matches("^[A-Z0-9].*[.]$", text));
        Assert.Single(server.Mails);
        var state = await depot.Get<MailboxBook>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((visit.Failure, 1, state.Polled), (state.Failure, state.Failures, state.FailingSince));

        // The mail is not lost, and the mailbox works again when the server does.
        server.Instead.Clear();
        Assert.Equal(at == "DELE" ? 0 : 1, (await CollectAsync(depot)).Collected);
        Assert.Empty(server.Mails);
        Assert.Single(await depot.QueueAsync());
    }

    [Fact]
    public async Task Plain_text_on_a_port_for_TLS_is_told_although_both_sides_wait_for_the_other()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var made = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=localhost", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadPkcs12(made.Export(System.Security.Cryptography.X509Certificates.X509ContentType.Pkcs12), null);
        await using var server = new ScriptedServer { Certificate = certificate, TlsFirst = true };
        var refusal = await Assert.ThrowsAsync<MailboxException>(() => Pop3Session.OpenAsync(server.Access(patience: TimeSpan.FromMilliseconds(300)), Token));
        Assert.Equal(Pop3FailureKind.TlsPort, refusal.Failure.Kind);
    }

    [Fact]
    public async Task After_nonsense_the_next_poll_asks_for_one_mail_at_a_time()
    {
        await using var server = new ScriptedServer { Capabilities = "USER\r\nUIDL\r\nPIPELINING", Instead = { ["RETR 2"] = "rubbish" } };
        server.Mails.AddRange(Enumerable.Range(1, 6).Select(i => ($"{i}", A.Mail().MessageId($"{i}@example.com").Bytes())));
        await using var depot = await TestDepot.CreateAsync(azurite.NextAccount(), more: server.Settings());
        Assert.Equal(Pop3FailureKind.NotPop3, (await CollectAsync(depot)).Failure?.Kind);
        server.Instead.Clear();
        Assert.Equal(5, (await CollectAsync(depot)).Collected);
        Assert.Empty(server.Mails);
        Assert.Equal(6, (await depot.QueueAsync()).Length);
    }

    [Fact]
    public async Task Storage_that_is_away_is_told_and_nothing_is_deleted()
    {
        await using var server = new ScriptedServer { Mails = { ("a", A.Mail().Bytes()) } };
        var fault = new FaultAt { On = uri => uri.AbsolutePath.EndsWith("/archive/messages", StringComparison.Ordinal) };
        await using var depot = await TestDepot.CreateAsync(azurite.NextAccount(), policy: fault, more: server.Settings());
        fault.Reset(1, afterIt: false);
        var visit = await CollectAsync(depot);
        Assert.Equal(Pop3FailureKind.Storage, visit.Failure?.Kind);
        Assert.Contains("nothing was deleted", visit.Result, StringComparison.Ordinal);
        Assert.Single(server.Mails);
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("DELE", StringComparison.Ordinal));
    }
}
