using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>Rows 15 and 16 of the table of replies, and what TLS changes (RFC 3207).</summary>
public sealed class StartTlsTests
{
    private static readonly X509Certificate2 Server = SelfSigned("mx.depot.example");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_STARTTLS_everything_starts_over_and_the_ticket_has_the_version()
    {
        await using var call = new Call();
        Assert.Contains("250-STARTTLS\r\n", await call.SayAsync(Ehlo), StringComparison.Ordinal);
        Assert.Equal("220 2.0.0 Ready to start TLS\r\n", await call.SayAsync("STARTTLS\r\n"));
        await call.SecureAsync();
        Assert.StartsWith("503", await call.SayAsync("MAIL FROM:<>\r\n"), StringComparison.Ordinal); // EHLO was forgotten
        Assert.DoesNotContain("STARTTLS", await call.SayAsync(Ehlo), StringComparison.Ordinal);
        await call.SayAsync("MAIL FROM:<>\r\n");
        await call.SayAsync($"RCPT TO:<{JournalAddress}>\r\n");
        await call.SayAsync("DATA\r\n");
        Assert.StartsWith("250 2.0.0", await call.SayAsync("over TLS\r\n.\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.1.0", await call.SayAsync("MAIL FROM:<>\r\n"), StringComparison.Ordinal);
        await call.SayAsync($"RCPT TO:<{JournalAddress}>\r\n");
        Assert.StartsWith("250 2.0.0", await call.SayAsync("BDAT 3 LAST\r\ntwo"), StringComparison.Ordinal);
        Assert.StartsWith("221", await call.SayAsync("QUIT\r\n"), StringComparison.Ordinal);
        await call.Session;
        Assert.Equal(["over TLS\r\n", "two"], call.Mails.Select(mail => mail.Mail));
        Assert.All(call.Mails, mail => Assert.Equal("TLSv1.3", mail.Source.Tls));
    }

    // Rows 15 and 16: one byte at a time and in random pieces, up to the 220.
    [Theory]
    [InlineData("STARTTLS\r\n", "220 2.0.0")]
    [InlineData("STARTTLS\t \t\r\n", "220 2.0.0")]
    [InlineData("STARTTLS now\r\nstarttls\r\n", "501 5.5.4", "220 2.0.0")]
    [InlineData("MAIL FROM:<>\r\nSTARTTLS\r\nRSET\r\nSTARTTLS\r\n", "250 2.1.0", "503 5.5.1", "250 2.0.0", "220 2.0.0")]
    [InlineData("STARTTLS\r\nEHLO evil.example\r\n" + Envelope + "DATA\r\nevil\r\n.\r\n", "220 2.0.0")]
    public async Task In_pieces_of_any_size_STARTTLS_gets_the_same_replies_and_what_follows_gets_none(
        string script, params string[] replies)
    {
        const string ready = "220 2.0.0 Ready to start TLS\r\n";
        var context = SslStreamCertificateContext.Create(Server, additionalCertificates: null);
        var stage = new SmtpStage { Tls = new SmtpTls(() => context) };
        var bytes = Bytes(Ehlo + script);
        await PlayAsync([bytes]);
        await PlayAsync(bytes.Chunk(1));
        await Pieces(bytes).SampleAsync(PlayAsync, iter: 20, threads: 1);

        async Task PlayAsync(IEnumerable<byte[]> pieces)
        {
            var played = await stage.PlayAsync(pieces);
            var before = played.Text.IndexOf(ready, StringComparison.Ordinal) + ready.Length; // then there may be an alert of TLS
            (played with { Text = played.Text[..before] }).AssertReplies(["250", .. replies]);
            Assert.DoesNotContain("250", played.Text[before..], StringComparison.Ordinal);
            Assert.Empty(played.Mails);
        }
    }

    // Row 15.
    [Fact]
    public async Task Commands_injected_after_STARTTLS_are_never_executed()
    {
        await using var call = new Call();
        await call.SayAsync(Ehlo);
        await call.SayAsync($"STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@a.example>\r\nRCPT TO:<{JournalAddress}>\r\n");
        await call.SecureAsync();
        Assert.StartsWith("503", await call.SayAsync("DATA\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_may_start_TLS_as_soon_as_it_sees_the_220()
    {
        await using var call = new Call();
        await call.SayAsync(Ehlo);
        Task? handshake = null;
        call.OnFlushed = () =>
        {
            call.OnFlushed = null;
            handshake = call.SecureAsync(); // its first bytes are sent before the session goes on
        };
        await call.SendAsync("STARTTLS\r\n");
        await Eventually.IsTrueAsync(() => handshake is not null, "the 220 is sent");
        await handshake!.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Contains("250 ", await call.SayAsync(Ehlo), StringComparison.Ordinal);
    }

    // Row 16.
    [Fact]
    public async Task STARTTLS_twice_with_an_argument_or_inside_a_transaction_is_refused()
    {
        await using var call = new Call();
        await call.SayAsync(Ehlo);
        Assert.StartsWith("501 5.5.4", await call.SayAsync("STARTTLS now\r\n"), StringComparison.Ordinal);
        await call.SayAsync("MAIL FROM:<>\r\n");
        Assert.StartsWith("503 5.5.1", await call.SayAsync("STARTTLS\r\n"), StringComparison.Ordinal);
        await call.SayAsync("RSET\r\n");
        await call.SayAsync("STARTTLS\r\n");
        await call.SecureAsync();
        await call.SayAsync(Ehlo);
        Assert.StartsWith("503 5.5.1", await call.SayAsync("STARTTLS\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_certificate_it_is_not_offered()
    {
        var played = await new SmtpStage().PlayAsync(Ehlo + "STARTTLS\r\n");
        played.AssertReplies(["250", "502 5.5.1"]);
        Assert.DoesNotContain("STARTTLS", played.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.7", "530 5.7.0")]
    [InlineData("unknown", "530 5.7.0")]
    [InlineData("127.0.0.1", "250 2.1.0")]
    [InlineData("::1", "250 2.1.0")]
    public async Task A_client_from_another_machine_gets_530_before_TLS(string peer, string reply)
    {
        await using var call = new Call(peer, requireTls: true);
        await call.SayAsync(Ehlo);
        Assert.StartsWith(reply, await call.SayAsync("MAIL FROM:<>\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("250", await call.SayAsync("NOOP\r\n"), StringComparison.Ordinal);
        await call.SayAsync("RSET\r\n");
        await call.SayAsync("STARTTLS\r\n");
        await call.SecureAsync();
        await call.SayAsync(Ehlo);
        Assert.StartsWith("250 2.1.0", await call.SayAsync("MAIL FROM:<>\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_never_starts_its_handshake_is_disconnected()
    {
        await using var call = new Call();
        await call.SayAsync(Ehlo);
        await call.SayAsync("STARTTLS\r\n");
        call.Clock.Advance(new SmtpLimits().HandshakeTimeout);
        await call.Session.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.EndsWith("; earlier, the TLS handshake failed (timed out).", Assert.Single(call.Told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_does_not_hold_up_the_hosts_stop()
    {
        await using var call = new Call();
        await call.SayAsync(Ehlo);
        await call.SayAsync("STARTTLS\r\n");
        await call.Stopping.CancelAsync();
        await call.Session.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Empty(call.Told);
    }

    [Fact]
    public async Task A_running_DATA_over_TLS_continues_when_the_host_stops_and_421_follows_its_250()
    {
        await using var call = new Call();
        await call.SayAsync(Ehlo);
        await call.SayAsync("STARTTLS\r\n");
        await call.SecureAsync();
        await call.SayAsync(Ehlo);
        await call.SayAsync("MAIL FROM:<>\r\n");
        await call.SayAsync($"RCPT TO:<{JournalAddress}>\r\n");
        Assert.StartsWith("354", await call.SayAsync("DATA\r\n"), StringComparison.Ordinal);
        await call.SendAsync("one ");
        await call.Stopping.CancelAsync();
        Assert.StartsWith("250 2.0.0", await call.SayAsync("mail\r\n.\r\n"), StringComparison.Ordinal);
        Assert.Equal("one mail\r\n", Assert.Single(call.Mails).Mail);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3")]
    public async Task Both_versions_of_TLS_are_spoken_and_named(SslProtocols version, string name)
    {
        await using var call = new Call();
        await call.SayAsync(Ehlo);
        await call.SayAsync("STARTTLS\r\n");
        await call.SecureAsync(version: version);
        await call.SayAsync(Ehlo);
        await call.SayAsync("MAIL FROM:<>\r\n");
        await call.SayAsync($"RCPT TO:<{JournalAddress}>\r\n");
        await call.SayAsync("DATA\r\n");
        await call.SayAsync(".\r\n");
        Assert.Equal(name, Assert.Single(call.Mails).Source.Tls);
    }

    [Fact]
    public async Task A_client_that_speaks_plain_text_in_place_of_TLS_is_disconnected()
    {
        await using var call = new Call();
        await call.SayAsync(Ehlo);
        await call.SayAsync("STARTTLS\r\n");
        await call.SendAsync("EHLO again.example and again and again\r\n");
        await call.Session.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.StartsWith(
            "SMTP from 192.0.2.7 (client.example; no TLS): ended without a mail; earlier, the TLS handshake failed (",
            Assert.Single(call.Told),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_without_a_trusted_certificate_is_deferred_if_one_is_required()
    {
        await using var call = new Call(clientName: "mail.protection.outlook.com");
        await call.SayAsync(Ehlo);
        await call.SayAsync("STARTTLS\r\n");
        await call.SecureAsync(SelfSigned("mail.protection.outlook.com"));
        await call.SayAsync(Ehlo);
        Assert.StartsWith("450 4.7.1", await call.SayAsync("MAIL FROM:<>\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_with_invalid_names_is_not_trusted()
    {
        byte[] beyondAscii = [0x30, 0x03, 0x82, 0x01, 0xFF];
        await using var call = new Call(clientName: "mail.protection.outlook.com");
        await call.SayAsync(Ehlo);
        await call.SayAsync("STARTTLS\r\n");
        await call.SecureAsync(SelfSigned("mail.protection.outlook.com", new X509Extension("2.5.29.17", beyondAscii, critical: false)));
        await call.SayAsync(Ehlo);
        Assert.StartsWith("450 4.7.1", await call.SayAsync("MAIL FROM:<>\r\n"), StringComparison.Ordinal);
        await call.SayAsync("QUIT\r\n");
        await call.Session;
        Assert.Contains(", certificate of mail.protection.outlook.com, not trusted)", Assert.Single(call.Told), StringComparison.Ordinal);
    }

    private static X509Certificate2 SelfSigned(string name, X509Extension? names = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var right = new SubjectAlternativeNameBuilder();
        right.AddDnsName(name);
        request.CertificateExtensions.Add(names ?? right.Build());
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A connection whose client can start TLS.</summary>
    private sealed class Call : IAsyncDisposable
    {
        private readonly Pipe toSession = new();
        private readonly Pipe fromSession = new();
        private Stream stream;

        public Call(string peer = Peer, bool requireTls = false, string clientName = "")
        {
            var context = SslStreamCertificateContext.Create(Server, additionalCertificates: null);
            var endpoint = new SmtpEndpoint(
                new SmtpPolicy { RequireTls = requireTls, ClientCertificate = clientName },
                new SmtpLimits(),
                ByDomain,
                AcceptAsync,
                Clock,
                NullLogger.Instance)
            {
                Tls = new SmtpTls(() => context),
                RecordSession = (_, sentence) => Told.Add(sentence),
            };
            stream = new DuplexStream(new Ends(fromSession.Reader, toSession.Writer));
            Session = SmtpSession.RunAsync(
                new Ends(toSession.Reader, new Flushed(fromSession.Writer, this)),
                new SmtpPeer(peer),
                endpoint,
                Stopping.Token,
                CancellationToken.None);
        }

        /// <summary>Runs after the session's next flush, before the session continues; its replies are not read.</summary>
        public Action? OnFlushed { get; set; }

        public FakeTimeProvider Clock { get; } = new();

        public Task Session { get; }

        public List<(SmtpSource Source, string Mail)> Mails { get; } = [];

        public CancellationTokenSource Stopping { get; } = new();

        public List<string> Told { get; } = [];

        private bool greeted;

        /// <summary>Sends a text and returns the whole reply.</summary>
        public async Task<string> SayAsync(string text)
        {
            if (!greeted)
            {
                greeted = true;
                await ReplyAsync();
            }

            await SendAsync(text);
            return await ReplyAsync();
        }

        public async Task SendAsync(string text)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Token);
            await stream.FlushAsync(Token);
        }

        public async Task SecureAsync(X509Certificate2? own = null, SslProtocols version = SslProtocols.Tls13)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "mx.depot.example",
                    ClientCertificates = own is null ? [] : [own],
                    EnabledSslProtocols = version,
                    RemoteCertificateValidationCallback = static (_, server, _, _) =>
                        server!.GetCertHashString() == Server.GetCertHashString(),
                },
                Token);
            stream = secure;
        }

        public async ValueTask DisposeAsync()
        {
            await toSession.Writer.CompleteAsync();
            await Session.WaitAsync(TimeSpan.FromSeconds(30), Token);
            await stream.DisposeAsync();
        }

        private async Task<string> ReplyAsync()
        {
            var text = new StringBuilder();
            var buffer = new byte[4_096];
            do
            {
                var count = await stream.ReadAsync(buffer, Token).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token);
                Assert.NotEqual(0, count);
                text.Append(Encoding.ASCII.GetString(buffer, 0, count));
            }
            while (!IsWhole(text.ToString()));
            return text.ToString();
        }

        private static bool IsWhole(string text) =>
            text.EndsWith("\r\n", StringComparison.Ordinal) && text.TrimEnd().Split("\r\n")[^1][3] == ' ';

        private async Task<AcceptedMail> AcceptAsync(SmtpSource source, Stream mail, CancellationToken ct)
        {
            using var kept = new MemoryStream();
            await mail.CopyToAsync(kept, ct);
            Mails.Add((source, Encoding.Latin1.GetString(kept.ToArray())));
            return new(Ticket(Mails.Count), default);
        }

        private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

        private sealed class Flushed(PipeWriter pipe, Call call) : PipeWriter
        {
            public override bool CanGetUnflushedBytes => pipe.CanGetUnflushedBytes;

            public override long UnflushedBytes => pipe.UnflushedBytes;

            public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
            {
                var result = await pipe.FlushAsync(cancellationToken);
                if (call.OnFlushed is { } hasty && call.fromSession.Reader.TryRead(out var reply))
                {
                    call.fromSession.Reader.AdvanceTo(reply.Buffer.End);
                    hasty();
                }

                return result;
            }

            public override void Advance(int bytes) => pipe.Advance(bytes);

            public override Memory<byte> GetMemory(int sizeHint = 0) => pipe.GetMemory(sizeHint);

            public override Span<byte> GetSpan(int sizeHint = 0) => pipe.GetSpan(sizeHint);

            public override void CancelPendingFlush() => pipe.CancelPendingFlush();

            public override void Complete(Exception? exception = null) => pipe.Complete(exception);
        }
    }
}
