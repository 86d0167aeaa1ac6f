using System.IO.Pipelines;
using System.Net;
using MailDepot.Smtp;

namespace MailDepot.Host.Smtp;

/// <summary>Who is behind a proxy that we were told of.</summary>
internal static class ProxiedPeer
{
    /// <summary>A proxy sends its header with its first octets.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Takes the header off the connection's front.</summary>
    /// <param name="own">The connection's own address: the proxy's.</param>
    /// <returns>The client, or the proxy where it names none; null if no header came: it deserves no word.</returns>
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
