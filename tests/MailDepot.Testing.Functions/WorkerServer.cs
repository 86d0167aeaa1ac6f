using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using MailDepot.Testing.Functions.Rpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MailDepot.Testing.Functions;

/// <summary>Where workers connect to: the gRPC endpoint of the Functions host, on a free port of this machine.</summary>
internal sealed class WorkerServer : IAsyncDisposable
{
    private readonly WebApplication server;
    private readonly Arrivals arrivals;

    private WorkerServer(WebApplication server, Arrivals arrivals) => (this.server, this.arrivals) = (server, arrivals);

    /// <summary>The worker's <c>--functions-uri</c>.</summary>
    public string Address => server.Urls.Single();

    public static async Task<WorkerServer> StartAsync(CancellationToken ct)
    {
        var expected = new Arrivals();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(expected);
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync(ct);
        return new(app, expected);
    }

    /// <summary>The connection of the worker that was started with this id.</summary>
    public Task<WorkerConnection> ConnectionAsync(string workerId) => arrivals.Of(workerId).Task;

    public ValueTask DisposeAsync() => server.DisposeAsync();

    /// <summary>Connections by the worker's id, those to come included.</summary>
    private sealed class Arrivals
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource<WorkerConnection>> workers = new(StringComparer.Ordinal);

        public TaskCompletionSource<WorkerConnection> Of(string workerId) =>
            workers.GetOrAdd(workerId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    private sealed class Service(Arrivals arrivals) : FunctionRpc.FunctionRpcBase
    {
        public override async Task EventStream(
            IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream,
            ServerCallContext context)
        {
            if (await requestStream.MoveNext(context.CancellationToken) && requestStream.Current.StartStream is { } start)
            {
                var connection = new WorkerConnection(requestStream, responseStream);
                arrivals.Of(start.WorkerId).SetResult(connection);
                await connection.RunAsync(context.CancellationToken);
            }
        }
    }
}
