using System.Net;
using System.Net.Sockets;
using MailDepot.Base;
using MailDepot.Events;
using MailDepot.Host.Smtp;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Roles;

/// <summary>Checks the SMTP port by talking to it as a client does: greeting, EHLO, QUIT.</summary>
internal sealed class SmtpAnswers(IOptions<DepotOptions> options) : IHealthCheck
{
    /// <summary>A probe asks again soon; a greeting that takes longer counts as missing.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failure = await ConverseAsync(options.Value.Smtp.Port, Header(), cancellationToken);
        Telemetry.SmtpProbes.Add(1, new KeyValuePair<string, object?>("result", failure is null ? "ok" : "failed"));
        return failure is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(
            $"the SMTP port {options.Value.Smtp.Port} does not answer ({failure}).");
    }

    /// <summary>If a proxy on this machine is expected, the probe sends the header of a proxy that speaks for itself.</summary>
    private ReadOnlyMemory<byte> Header() =>
        options.Value.Smtp.ProxiesFrom.Any(network => IPNetwork.Parse(network).Contains(IPAddress.Loopback))
            ? "PROXY UNKNOWN\r\n"u8.ToArray()
            : default(ReadOnlyMemory<byte>);

    /// <summary>What went wrong; null if nothing did.</summary>
    private static async Task<string?> ConverseAsync(int port, ReadOnlyMemory<byte> header, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            await using var client = await SmtpClient.ConnectAsync(IPAddress.Loopback.ToString(), port, header, limit.Token);
            await client.QuitAsync(limit.Token);
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return "no greeting in time";
        }
        catch (Exception e) when (e is SocketException or IOException or SmtpRefusedException)
        {
            return Failure.Describe(e);
        }
    }
}
