using System.IO.Pipelines;
using System.Net;
using System.Text;
using MailDepot.Host.Smtp;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Host.Smtp;

/// <summary>Which address the port takes for the client's, from its connection and from a proxy's header.</summary>
public sealed class ProxyTests
{
    private const string Proxy = "198.51.100.9";
    private const string Header = "PROXY TCP4 192.0.2.7 198.51.100.1 50000 25\r\n";
    private const string Session = "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<*@depot.example>\r\nDATA\r\ntext\r\n.\r\nQUIT\r\n";

    private readonly FakeTimeProvider clock = new();
    private readonly List<SmtpSource> mails = [];
    private readonly List<string> sentences = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Proxy, Header, "192.0.2.7")]
    [InlineData(Proxy, "PROXY UNKNOWN\r\n", Proxy)]
    [InlineData("192.0.2.8", "", "192.0.2.8")]
    [InlineData("::ffff:" + Proxy, Header, "192.0.2.7")]
    public async Task A_mail_knows_its_clients_address(string connection, string header, string peer)
    {
        Assert.StartsWith("220 ", await PlayAsync(connection, header + Session), StringComparison.Ordinal);
        Assert.Equal(peer, Assert.Single(mails).Peer);
    }

    [Theory]
    [InlineData(Session)]
    [InlineData("PROXY TCP4 192.0.2.7\r\n" + Session)]
    [InlineData("PROXY TCP4 192.0.2.7 198.51")]
    [InlineData("")]
    public async Task Without_a_proper_header_a_proxy_gets_no_reply(string input)
    {
        Assert.Equal("", await PlayAsync(Proxy, input));
        Assert.Empty(mails);
        Assert.Equal(
            $"SMTP from {Proxy}: closed, because it did not begin with a PROXY header; MailDepot:Smtp:ProxiesFrom says that this is a "
            + "proxy which sends one.",
            Assert.Single(sentences));
    }

    [Fact]
    public async Task A_proxy_that_stays_silent_is_soon_disconnected()
    {
        var (serving, replies) = Connect(Proxy, new Pipe().Reader);
        Assert.False(serving.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(5));
        await serving.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.False(replies.TryRead(out var result) && result.Buffer.Length > 0);
    }

    [Fact]
    public async Task From_anywhere_else_a_header_is_a_command_like_any_other()
    {
        Assert.Contains("500 5.5.2", await PlayAsync("192.0.2.8", Header + Session), StringComparison.Ordinal);
        Assert.Equal("192.0.2.8", Assert.Single(mails).Peer);
    }

    [Fact]
    public async Task Networks_are_those_of_the_client_and_not_of_the_proxy()
    {
        Assert.StartsWith("220 ", await PlayAsync(Proxy, Header + "QUIT\r\n", "192.0.2.0/24"), StringComparison.Ordinal);
        Assert.StartsWith("554 5.7.1 ", await PlayAsync(Proxy, Header + "QUIT\r\n", "198.51.100.0/24"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0")] // LOCAL
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\0\0\0")] // UNSPEC
    public async Task A_client_that_a_proxy_does_not_name_is_put_off_where_networks_are_set_and_never_refused_for_good(string header) =>
        Assert.StartsWith("421 4.7.0 ", await PlayAsync(Proxy, header + "QUIT\r\n", "192.0.2.0/24"), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "250 2.1.0 ")] // no proxy: a program on this machine
    [InlineData("PROXY UNKNOWN\r\n", "450 4.7.1 ")]
    public async Task A_proxy_on_this_machine_that_names_no_client_may_greet_but_not_send(string header, string reply)
    {
        var connection = header.Length == 0 ? "127.0.0.1" : "127.0.0.2";
        var replies = await PlayAsync(connection, header + "EHLO a.example\r\nMAIL FROM:<>\r\nQUIT\r\n", "192.0.2.0/24");
        Assert.StartsWith("220 ", replies, StringComparison.Ordinal);
        Assert.Contains("\r\n" + reply, replies, StringComparison.Ordinal);
    }

    [Fact]
    public void A_proxy_on_this_machine_that_names_no_client_needs_TLS_like_anyone()
    {
        var policy = new SmtpPolicy { RequireTls = true };
        Assert.True(policy.TryAdmit(new SmtpPeer("127.0.0.1"), out _));
        Assert.False(policy.TryAdmit(new SmtpPeer("127.0.0.1") { IsProxy = true }, out var refusal));
        Assert.Equal(SmtpReply.TlsRequired, refusal);
    }

    private async Task<string> PlayAsync(string connection, string text, params string[] networks)
    {
        var input = new Pipe();
        await input.Writer.WriteAsync(Encoding.Latin1.GetBytes(text), Token);
        await input.Writer.CompleteAsync();
        var (serving, replies) = Connect(connection, input.Reader, networks);
        await serving.WaitAsync(TimeSpan.FromSeconds(30), Token);
        return Encoding.ASCII.GetString((await replies.ReadAsync(Token)).Buffer);
    }

    private (Task Serving, PipeReader Replies) Connect(string connection, PipeReader input, params string[] networks)
    {
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var policy = new SmtpPolicy { Networks = [.. networks.Select(IPNetwork.Parse)] };
        var endpoint = new SmtpEndpoint(policy, new SmtpLimits(), SmtpStage.ByDomain, AcceptAsync, clock, NullLogger.Instance)
        {
            Proxies = [IPNetwork.Parse(Proxy + "/32"), IPNetwork.Parse("127.0.0.2/32")],
            RecordSession = (_, sentence) => sentences.Add(sentence),
        };
        var context = new DefaultConnectionContext("1", new Ends(input, output.Writer), new Ends(output.Reader, new Pipe().Writer))
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Parse(connection), 50_000),
        };
        return (ServeAsync(), output.Reader);

        async Task ServeAsync()
        {
            await new SmtpConnectionHandler(endpoint, new Lifetime(), NullLogger<SmtpConnectionHandler>.Instance).OnConnectedAsync(context);
            await output.Writer.CompleteAsync(); // as Kestrel does
        }
    }

    private async Task<AcceptedMail> AcceptAsync(SmtpSource source, Stream mail, CancellationToken ct)
    {
        await mail.CopyToAsync(Stream.Null, ct);
        mails.Add(source);
        return new(SmtpStage.Ticket(mails.Count), default);
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
            // it never stops here
        }
    }
}
