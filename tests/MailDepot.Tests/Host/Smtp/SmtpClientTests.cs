using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailDepot.Host.Smtp;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailDepot.Tests.Host.Smtp;

/// <summary>Our client and server, with Kestrel on a real socket.</summary>
public sealed class SmtpClientTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(SmtpSource Source, byte[] Mail)> mails = [];
    private WebApplication host = null!;
    private int port;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var limits = new SmtpLimits { MailBytes = 1_000_000, DrainGrace = TimeSpan.FromMilliseconds(500) };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(
            new SmtpEndpoint(new SmtpPolicy(), limits, SmtpStage.ByDomain, KeepAsync, TimeProvider.System, NullLogger.Instance));
        builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseConnectionHandler<SmtpConnectionHandler>()));
        host = builder.Build();
        await host.StartAsync(Cancel);
        port = new Uri(host.Urls.Single()).Port;
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_mail_arrives_byte_for_byte_and_the_reply_has_its_ticket()
    {
        var mail = SmtpStage.Bytes("..\r\n.\nx\r.\r\n\0\xff\r\n");
        using var stream = new MemoryStream(mail);
        var reply = await SmtpClient.SendAsync("localhost", port, "a@a.example", ["b@depot.example"], stream, Cancel);
        Assert.Equal($"2.0.0 {SmtpStage.Ticket(1):D}", reply);
        var (source, stored) = Assert.Single(mails);
        Assert.Equal(mail, stored);
        Assert.Equal(("127.0.0.1", "a@a.example"), (source.Peer, source.From));
    }

    [Fact]
    public async Task Many_mails_go_over_one_connection_even_after_a_refusal()
    {
        await using var delivery = await SmtpClient.ConnectAsync("127.0.0.1", port, Cancel);
        await delivery.SendAsync("", ["b@depot.example", "c@depot.example"], "one\r\n"u8.ToArray(), Cancel);
        var refused = await Assert.ThrowsAsync<SmtpRefusedException>(
            () => delivery.SendAsync("", ["b@depot.example", "x@elsewhere.example"], "two\r\n"u8.ToArray(), Cancel));
        Assert.Equal(550, refused.Code);
        Assert.Contains("RCPT TO:<x@elsewhere.example> with 550 5.1.1 This archive", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<SmtpRefusedException>(
            () => delivery.SendAsync("", ["b@depot.example"], new byte[1_900_000], Cancel));
        Assert.Equal(552, refused.Code);
        await delivery.SendAsync("", ["b@depot.example"], "three without its line end"u8.ToArray(), Cancel);
        await delivery.QuitAsync(Cancel);
        Assert.Equal("one\r\n|three without its line end\r\n", string.Join('|', mails.Select(mail => Encoding.ASCII.GetString(mail.Mail))));
    }

    [Fact]
    public async Task A_client_that_sends_everything_and_closes_its_direction_gets_its_mail_stored_and_its_reply()
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(SmtpStage.Bytes(
            SmtpStage.Ehlo + "MAIL FROM:<>\r\nRCPT TO:<b@depot.example>\r\nDATA\r\n" + new string('x', 500_000) + "\r\n.\r\n"), Cancel);
        socket.Shutdown(SocketShutdown.Send);
        var replies = await ReadToEndAsync(socket);
        Assert.EndsWith($"250 2.0.0 {SmtpStage.Ticket(1):D}\r\n", replies, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_reply_reaches_even_a_client_that_goes_on_sending()
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(new byte[1_048_576], Cancel);
        Assert.EndsWith("500 5.5.2 Line far too long, closing\r\n", await ReadToEndAsync(socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_host_stops_idle_clients_get_421_and_a_stuck_DATA_ends_after_the_grace()
    {
        using var idle = await ConnectAsync();
        using var stuck = await ConnectAsync();
        await stuck.SendAsync(SmtpStage.Bytes(SmtpStage.Ehlo + "MAIL FROM:<>\r\nRCPT TO:<b@depot.example>\r\nDATA\r\ntext"), Cancel);
        await ReadUntilAsync(stuck, "354 ");
        await ReadUntilAsync(idle, "220 ");
        await host.StopAsync(Cancel);
        Assert.StartsWith("421 4.3.2", await ReadToEndAsync(idle), StringComparison.Ordinal);
        await ReadToEndAsync(stuck);
        Assert.Empty(mails);
    }

    private async Task<AcceptedMail> KeepAsync(SmtpSource source, Stream mail, CancellationToken ct)
    {
        using var kept = new MemoryStream();
        await mail.CopyToAsync(kept, ct);
        mails.Enqueue((source, kept.ToArray()));
        return new(SmtpStage.Ticket(mails.Count), default);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, Cancel);
        return socket;
    }

    private static Task<string> ReadToEndAsync(Socket socket) => ReadUntilAsync(socket, until: null);

    /// <summary>Reads through the end of the line that begins with <paramref name="until"/>, or to the connection's end.</summary>
    private static async Task<string> ReadUntilAsync(Socket socket, string? until)
    {
        var text = new StringBuilder();
        var octet = new byte[1];
        while (await socket.ReceiveAsync(octet, Cancel) > 0)
        {
            text.Append((char)octet[0]);
            var lines = text.ToString();
            if (until is not null && lines.EndsWith("\r\n", StringComparison.Ordinal)
                && lines.Split("\r\n")[^2].StartsWith(until, StringComparison.Ordinal))
            {
                break;
            }
        }

        return text.ToString();
    }
}
