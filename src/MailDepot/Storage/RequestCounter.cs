using System.Collections.Concurrent;
using System.Diagnostics;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using MailDepot.Base;

namespace MailDepot.Storage;

/// <summary>Counts and traces every request to storage, retries and those without an answer too, by service and operation: <c>blob put</c>, <c>table transaction</c>.</summary>
/// <remarks>One for a process; the clients of each service take <see cref="For"/> into their pipeline.</remarks>
public sealed class RequestCounter
{
    private readonly ConcurrentDictionary<string, long> requests = new(StringComparer.Ordinal);
    private long bytesSent;

    /// <summary>Requests so far, by operation.</summary>
    public IReadOnlyDictionary<string, long> Requests => requests;

    /// <summary>Octets of all request bodies so far.</summary>
    public long BytesSent => Interlocked.Read(ref bytesSent);

    /// <summary>The policy for one service's clients; belongs behind the retries (<see cref="HttpPipelinePosition.PerRetry"/>).</summary>
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

    /// <summary>By the header; of an answer in chunks what the SDK has buffered, which is all but downloads.</summary>
    private static long Length(Response response) =>
        response.Headers.ContentLengthLong ?? (response.ContentStream is { CanSeek: true } body ? body.Length : 0);

    /// <summary>The operation's name in Azure's words: from the method, and <c>comp</c> or <c>restype</c> of the query.</summary>
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
            using var activity = Activity.Current is null ? null : Telemetry.Source.StartActivity(operation, ActivityKind.Client); // a poll belongs to no mail
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
