using System.Net;
using System.Net.Sockets;
using MailDepot.Host.Local;
using MailDepot.Host.Roles;
using MailDepot.Host.Smtp;

namespace MailDepot.Tests.Host.Roles;

/// <summary>A role whose port another program has says which one, and which setting names another.</summary>
public sealed class TakenPortTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_port_of_the_probes()
    {
        using var other = Take(out var taken);
        var builder = RoleHost.Begin(
            RoleHost.AddWorker, out var options,
            $"--MailDepot:WorkStorage={await azurite.NextAccountAsync()}", $"--MailDepot:HealthPort={taken}");
        var failure = await Assert.ThrowsAsync<StartException>(() => RoleHost.RunAsync(builder, options, Token));
        Assert.Equal($"Port {taken} is taken: name another with MailDepot__HealthPort.", failure.Message);
    }

    [Fact]
    public async Task The_port_of_the_SMTP_endpoint()
    {
        using var other = Take(out var taken);
        var builder = RoleHost.Begin(
            RoleHost.AddReceiver, out var options,
            $"--MailDepot:WorkStorage={await azurite.NextAccountAsync()}", "--MailDepot:HealthPort=0", $"--MailDepot:Smtp:Port={taken}");
        await builder.Services.AddSmtpEndpointAsync(certificate: null, Token);
        builder.WebHost.ListenForSmtp(address: null, options.Smtp.Port);
        var failure = await Assert.ThrowsAsync<StartException>(() => RoleHost.RunAsync(builder, options, Token));
        Assert.Equal($"Port {taken} is taken: name another with MailDepot__Smtp__Port.", failure.Message);
    }

    private static TcpListener Take(out int port)
    {
        var listener = TcpListener.Create(0); // on all addresses, as the roles listen
        listener.Start();
        port = ((IPEndPoint)listener.LocalEndpoint).Port;
        return listener;
    }
}
