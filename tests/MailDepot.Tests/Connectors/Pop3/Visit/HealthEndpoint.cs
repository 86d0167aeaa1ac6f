using System.Collections.Concurrent;
using System.Net;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>A health-check server that gives one answer, or none.</summary>
internal sealed class HealthEndpoint : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly List<HttpListenerContext> unanswered = [];
    private readonly Task serving;

    public HealthEndpoint()
    {
        using (var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Origin = $"http://localhost:{((IPEndPoint)free.LocalEndpoint).Port}/";
        }

        listener.Prefixes.Add(Origin);
        listener.Start();
        serving = ServeAsync();
    }

    public string Origin { get; }

    /// <summary>With a secret path.</summary>
    public string Address => Origin + "ping/5d1c-secret?token=s3cret";

    /// <summary>The status it answers; null for no answer and an open connection.</summary>
    public int? Status { get; set; } = 200;

    /// <summary>Method and path of each call.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
        listener.Close();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var call = await listener.GetContextAsync();
                var status = Status;
                Calls.Enqueue($"{call.Request.HttpMethod} {call.Request.RawUrl}");
                if (status is not { } answer)
                {
                    unanswered.Add(call);
                    continue;
                }

                call.Response.StatusCode = answer;
                call.Response.RedirectLocation = answer is >= 300 and < 400 ? Address + "&elsewhere" : null;
                call.Response.Close();
            }
        }
        catch (Exception) when (!listener.IsListening)
        {
            // the test is over
        }
    }
}
