using Azure.Core;
using Azure.Core.Pipeline;

namespace MailDepot.Testing;

/// <summary>
/// Counts the calls to storage and runs something else to its end before one of them: what two processes may do to each other.
/// </summary>
public sealed class InterruptAt : HttpPipelinePolicy
{
    private int call;
    private int calls;
    private Func<Task>? interruption;

    /// <summary>Calls counted since <see cref="Reset"/>, without those of the interruption.</summary>
    public int Calls => calls;

    /// <summary>Restarts the count; <paramref name="act"/> runs before the call of this number, from 1.</summary>
    public void Reset(int number, Func<Task> act) => (calls, call, interruption) = (0, number, act);

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Nothing here talks to storage synchronously.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (interruption is { } act && ++calls == call)
        {
            interruption = null;
            await act();
        }

        await ProcessNextAsync(message, pipeline);
    }
}
