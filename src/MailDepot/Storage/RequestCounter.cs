using System.Collections.Concurrent;
using System.Diagnostics;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using MailDepot.Base;

namespace MailDepot.Storage;

/// <summary>
/// Counts and traces every request to storage, including retries and requests without a response, by service and operation:
/// <c>blob put</c>, <c>table transaction</c>.
/// </summary>
/// <remarks>One instance per process; each service's clients have <see cref="For"/> in their pipeline.</remarks>
public sealed class RequestCounter
{
    private readonly ConcurrentDictionary<string, long> requests = new(StringComparer.Ordinal);
    private long bytesSent;

    /// <summary>Requests so far, by operation.</summary>
    public IReadOnlyDictionary<string, long> Requests => requests;

    /// <summary>Size of all request bodies so far.</summary>
    public long BytesSent => Interlocked.Read(ref bytesSent);

    /// <summary>The policy for one service's clients; add it per retry (<see cref="HttpPipelinePosition.PerRetry"/>).</summary>
    public HttpPipelinePolicy For(string service) => new Policy(this, service);

    private void Count(string operation, Request request, Response? response)
    {
        requests.AddOrUpdate(operation, 1, static (_, count) => count + 1);
        var tag = new KeyValuePair<string, object?>("operation", operation);
        Telemetry.StorageRequests.Add(1, tag);
        if (request.Content is { } content && content.TryComputeLength(out var sent))
        {
            Interlocked.Add(ref bytesSent, sent);
            Telemetry.StorageBytesSent.Add(sent, tag);
        }

        if (response is not null)
        {
            Telemetry.StorageBytesReceived.Add(Length(response), tag);
        }
    }

    /// <summary>From the header; for chunked responses the size that the SDK buffered, which it does for all but downloads.</summary>
    private static long Length(Response response) =>
        response.Headers.ContentLengthLong ?? (response.ContentStream is { CanSeek: true } body ? body.Length : 0);

    /// <summary>Azure's name of the operation, from the method and the query's <c>comp</c> or <c>restype</c>.</summary>
    private static string Operation(string service, Request request)
    {
        var query = request.Uri.Query;
        var method = request.Method.Method;
        var noun = query.Contains("restype=container", StringComparison.Ordinal) ? "container" : service;
        var act = query switch
        {
            _ when query.Contains("comp=blocklist", StringComparison.Ordinal) => "put block list",
            _ when query.Contains("comp=block", StringComparison.Ordinal) => "put block",
            _ when query.Contains("comp=appendblock", StringComparison.Ordinal) => "append",
            _ when query.Contains("comp=list", StringComparison.Ordinal) => "list",
            _ when query.Contains("comp=metadata", StringComparison.Ordinal) => "metadata",
            _ when request.Uri.Path.EndsWith("$batch", StringComparison.Ordinal) => "transaction",
            _ => (service, method) switch
            {
                ("queue", "POST") => "put",
                ("queue", "PUT") => "update",
                ("table", "POST") => "insert",
                ("table", "PUT" or "PATCH" or "MERGE") => "upsert",
                _ => method.ToLowerInvariant(),
            },
        };
        return $"{noun} {act}";
    }

    private sealed class Policy(RequestCounter counter, string service) : HttpPipelinePolicy
    {
        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            var operation = Operation(service, message.Request);
            // polling a queue belongs to no trace
            using var activity = Activity.Current is null ? null : Telemetry.Source.StartActivity(operation, ActivityKind.Client);
            try
            {
                await ProcessNextAsync(message, pipeline);
            }
            finally
            {
                var response = message.HasResponse ? message.Response : null;
                activity?.SetTag("http.response.status_code", response?.Status);
                activity?.SetStatus(response is { Status: < 500 } ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
                counter.Count(operation, message.Request, response);
            }
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            try
            {
                ProcessNext(message, pipeline);
            }
            finally
            {
                counter.Count(Operation(service, message.Request), message.Request, message.HasResponse ? message.Response : null);
            }
        }
    }
}
