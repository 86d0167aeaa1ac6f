using System.Net;
using MailDepot.Smtp;
using Microsoft.AspNetCore.Connections;

namespace MailDepot.Host.Smtp;

/// <summary>A connection of the SMTP port (<see cref="SmtpListener"/>).</summary>
/// <remarks>
/// When the host stops, idle clients are disconnected at once and a running DATA has <see cref="SmtpLimits.DrainGrace"/>;
/// <c>HostOptions.ShutdownTimeout</c> must be longer than that. <see cref="BaseConnectionContext.ConnectionClosed"/> ends
/// nothing: Kestrel fires it as soon as a client closes its sending direction, when whole mails may still wait in the pipe.
/// The session notices a broken connection by the end of its input.
/// </remarks>
public sealed partial class SmtpConnectionHandler(
    SmtpEndpoint endpoint, IHostApplicationLifetime lifetime, ILogger<SmtpConnectionHandler> log) : ConnectionHandler
{
    /// <summary>Serves one connection; Kestrel closes it afterwards.</summary>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var stopping = lifetime.ApplicationStopping;
        using var abort = new CancellationTokenSource();
        await using var grace = endpoint.Clock.CreateTimer(
            static abort => ((CancellationTokenSource)abort!).Cancel(), abort, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using var armed = stopping.Register(() => grace.Change(endpoint.Limits.DrainGrace, Timeout.InfiniteTimeSpan));
        try
        {
            var address = AddressOf(connection.RemoteEndPoint);
            var peer = new SmtpPeer(address?.ToString() ?? "unknown");
            if (address is { } own && endpoint.Proxies.Any(proxies => proxies.Contains(own)))
            {
                var behind = await ProxiedPeer.ReadAsync(connection.Transport.Input, own, endpoint.Clock, abort.Token);
                if (behind is null)
                {
                    endpoint.RecordRejected(
                        own.ToString(),
                        $"SMTP from {own}: closed, because it did not begin with a PROXY header; MailDepot:Smtp:ProxiesFrom says "
                        + "that this is a proxy which sends one.");
                    return;
                }

                peer = behind;
            }

            await SmtpSession.RunAsync(connection.Transport, peer, endpoint, stopping, abort.Token);
        }
        catch (Exception e)
        {
            LogBroken(log, e, connection.ConnectionId); // one client's connection must not take down the listener
        }
    }

    private static IPAddress? AddressOf(EndPoint? remote) => remote switch
    {
        IPEndPoint { Address: { IsIPv4MappedToIPv6: true } address } => address.MapToIPv4(),
        IPEndPoint { Address: var address } => address,
        _ => null,
    };

    [LoggerMessage(LogLevel.Error, "SMTP: connection {ConnectionId} ended by a fault of ours; unanswered mail is still the client's.")]
    private static partial void LogBroken(ILogger logger, Exception exception, string connectionId);
}
