using System.IO.Pipelines;
using System.Net;
using MailDepot.Smtp;

namespace MailDepot.Host.Smtp;

/// <summary>Finds the client behind a configured proxy.</summary>
internal static class ProxiedPeer
{
    /// <summary>How long we wait for the header, which a proxy sends first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Reads the header from the start of the connection.</summary>
    /// <param name="own">The connection's own remote address: the proxy's.</param>
    /// <returns>The client, or the proxy if it names none; null if no header came: the connection gets no reply.</returns>
    public static async Task<SmtpPeer?> ReadAsync(PipeReader input, IPAddress own, TimeProvider clock, CancellationToken abort)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, abort);
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(limit.Token);
                var rest = result.Buffer;
                var read = ProxyHeader.TryRead(ref rest, out var client);
                input.AdvanceTo(rest.Start, read == ProxyRead.Incomplete ? rest.End : rest.Start);
                if (read != ProxyRead.Incomplete || result.IsCompleted)
                {
                    return read == ProxyRead.Complete ? new SmtpPeer((client ?? own).ToString()) { IsProxy = client is null } : null;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return null; // gone, or silent
        }
    }
}
