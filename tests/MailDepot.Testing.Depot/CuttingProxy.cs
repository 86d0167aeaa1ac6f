using System.Net;
using System.Net.Sockets;

namespace MailDepot.Testing;

/// <summary>A proxy that cuts connections: after so many bytes from the server, or when the client sends a given word.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly int target;
    private readonly Task accepting;
    private int cuts;
    private int sayings;

    public CuttingProxy(int target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Called for each connection: bytes from the server that pass; null for all.</summary>
    public Func<long?> CutAfter { get; set; } = () => null;

    /// <summary>The client's word that cuts the connection instead of being passed on.</summary>
    public byte[]? CutAt { get; set; }

    /// <summary>Which occurrence of the word cuts, counted over all connections; several in one read count once.</summary>
    public int CutAtSaying { get; init; } = 1;

    /// <summary>Runs while the connection is held, just before it is cut.</summary>
    public Func<Task> AtCut { get; init; } = () => Task.CompletedTask;

    public int Cuts => cuts;

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Stop();
        await accepting;
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var calls = new List<Task>();
        try
        {
            while (true)
            {
                calls.Add(ServeAsync(await listener.AcceptTcpClientAsync(ended.Token)));
            }
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            await Task.WhenAll(calls);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var caller = client;
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, target, ended.Token);
        await Task.WhenAny(
            CopyAsync(caller.GetStream(), server.GetStream(), null, CutAt),
            CopyAsync(server.GetStream(), caller.GetStream(), CutAfter(), null));
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, long? limit, byte[]? word)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, ended.Token) is > 0 and var count)
            {
                if (word is not null && buffer.AsSpan(0, count).IndexOf(word) >= 0 && Interlocked.Increment(ref sayings) >= CutAtSaying)
                {
                    await CutAsync();
                    return;
                }

                var passing = (int)Math.Min(count, limit ?? count);
                await to.WriteAsync(buffer.AsMemory(0, passing), ended.Token);
                limit -= passing;
                if (limit == 0)
                {
                    await CutAsync();
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // the other side is gone
        }
    }

    private async Task CutAsync()
    {
        await AtCut();
        Interlocked.Increment(ref cuts);
    }
}
