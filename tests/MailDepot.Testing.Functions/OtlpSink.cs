using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MailDepot.Testing.Functions;

/// <summary>An OpenTelemetry collector that keeps what is exported to it: OTLP over HTTP, as Protobuf.</summary>
public sealed class OtlpSink : IAsyncDisposable
{
    private readonly WebApplication server;
    private readonly ConcurrentQueue<(string Signal, byte[] Body)> exports = [];

    private OtlpSink(WebApplication server) => this.server = server;

    public static async Task<OtlpSink> StartAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var sink = new OtlpSink(builder.Build());
        sink.server.MapPost("/v1/{signal}", sink.KeepAsync);
        await sink.server.StartAsync(ct);
        return sink;
    }

    /// <summary>Settings under which a process exports here as often as it usually does, and when it ends.</summary>
    public Dictionary<string, string?> UsualSettings() => new(StringComparer.Ordinal)
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = server.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    };

    /// <summary>Settings under which a worker exports here, soon after something happened.</summary>
    public Dictionary<string, string?> Settings() => new(UsualSettings(), StringComparer.Ordinal)
    {
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
    };

    /// <summary>Bytes of one signal: <c>traces</c>, <c>logs</c> or <c>metrics</c>.</summary>
    public long Bytes(string signal) => exports.Where(export => export.Signal == signal).Sum(export => export.Body.LongLength);

    /// <summary>How often one signal was exported.</summary>
    public int Exports(string signal) => exports.Count(export => export.Signal == signal);

    /// <summary>What came of one signal. Protobuf leaves strings as they are, in UTF-8.</summary>
    public string Text(string signal) =>
        string.Concat(exports.Where(export => export.Signal == signal).Select(export => Encoding.UTF8.GetString(export.Body)));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task KeepAsync(HttpContext call, string signal)
    {
        using var body = new MemoryStream();
        await call.Request.Body.CopyToAsync(body, call.RequestAborted);
        exports.Enqueue((signal, body.ToArray()));
        call.Response.ContentType = "application/x-protobuf"; // an empty answer: all was taken
    }
}
