using System.Collections.Immutable;
using Azure.Core;
using Azure.Core.Pipeline;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Records the storage calls of one mail at a time, up to the deletion of its queue message.</summary>
/// <remarks>Queue gets are left out: they go on whether there is a mail or not.</remarks>
internal sealed class CallWatch(TimeProvider clock) : HttpPipelinePolicy
{
    /// <summary>The connector's last call.</summary>
    public const string QueuePut = "POST archive/messages";

    private const string QueueDelete = "DELETE archive/messages";

    private readonly Lock gate = new();
    private readonly List<StorageCall> calls = [];
    private TaskCompletionSource<ImmutableArray<StorageCall>>? mail;

    /// <summary>Starts over. The task completes when the next mail's message is deleted.</summary>
    public Task<ImmutableArray<StorageCall>> NextMail()
    {
        lock (gate)
        {
            calls.Clear();
            mail = new TaskCompletionSource<ImmutableArray<StorageCall>>(TaskCreationOptions.RunContinuationsAsynchronously);
            return mail.Task;
        }
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var start = clock.GetTimestamp();
        await ProcessNextAsync(message, pipeline);
        Add(new StorageCall(Name(message.Request), start, clock.GetTimestamp()));
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("The depot calls storage asynchronously only.");

    private void Add(StorageCall call)
    {
        lock (gate)
        {
            if (call.Name.StartsWith("GET ", StringComparison.Ordinal)
                && call.Name.EndsWith("/messages", StringComparison.Ordinal))
            {
                return;
            }

            calls.Add(call);
            if (call.Name == QueueDelete)
            {
                mail?.TrySetResult([.. calls]);
            }
        }
    }

    /// <summary>
    /// Method, container or table, and the first part of the path in it, without the account:
    /// <c>PUT archive-default/documents</c>.
    /// </summary>
    private static string Name(Request request)
    {
        var path = request.Uri.Path.TrimStart('/').Split('/', '(')
            .Skip(1)
            .Take(2)
            .Where(part => !part.Contains('=', StringComparison.Ordinal));
        return $"{request.Method.Method} {string.Join('/', path)}";
    }
}

/// <summary>One call, retries included; start and end are timestamps of the clock.</summary>
internal sealed record StorageCall(string Name, long Start, long End);
