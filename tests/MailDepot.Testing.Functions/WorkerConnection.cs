using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using MailDepot.Testing.Functions.Rpc;

namespace MailDepot.Testing.Functions;

/// <summary>The stream of messages to and from one worker; answers find their requests by their id.</summary>
internal sealed class WorkerConnection(
    IAsyncStreamReader<StreamingMessage> fromWorker, IServerStreamWriter<StreamingMessage> toWorker)
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> open = new(StringComparer.Ordinal);

    /// <summary>A stream takes one write at a time.</summary>
    private readonly Channel<StreamingMessage> outgoing = Channel.CreateUnbounded<StreamingMessage>(new() { SingleReader = true });

    private volatile bool gone;

    /// <summary>Gets each line that the worker logs for the host.</summary>
    public Action<RpcLog> Log { get; set; } = _ => { };

    /// <summary>Reads until the worker closes the stream or is gone; then open requests fail.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var writing = WriteAsync();
        try
        {
            while (await fromWorker.MoveNext(ct))
            {
                Dispatch(fromWorker.Current);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // its process ended
        }

        gone = true;
        outgoing.Writer.TryComplete();
        foreach (var request in open.Values)
        {
            request.TrySetException(new WorkerGoneException());
        }

        await writing;
    }

    /// <summary>Sends a message that has no answer.</summary>
    public void Send(StreamingMessage message) => outgoing.Writer.TryWrite(message);

    /// <exception cref="WorkerGoneException">The worker ended before it answered.</exception>
    public async Task<StreamingMessage> AskAsync(StreamingMessage request)
    {
        request.RequestId = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        open[request.RequestId] = answer;
        Send(request);
        if (gone)
        {
            answer.TrySetException(new WorkerGoneException());
        }

        try
        {
            return await answer.Task;
        }
        finally
        {
            open.TryRemove(request.RequestId, out _);
        }
    }

    private void Dispatch(StreamingMessage message)
    {
        if (message.RpcLog is { } line)
        {
            Log(line);
        }
        else if (open.TryGetValue(message.RequestId, out var request))
        {
            request.TrySetResult(message);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var message in outgoing.Reader.ReadAllAsync())
            {
                await toWorker.WriteAsync(message);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException or Grpc.Core.RpcException)
        {
            // its process ended, which the reader finds too
        }
    }
}

/// <summary>A worker process ended before it answered.</summary>
public sealed class WorkerGoneException() : Exception("The worker process ended before it answered.");
