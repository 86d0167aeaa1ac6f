using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace MailDepot.Testing;

/// <summary>Counts the calls to storage and makes one fail: before it is sent, or after it was done, so that its answer is lost.</summary>
public sealed class FaultAt : HttpPipelinePolicy
{
    private int call;
    private bool afterItWasDone;
    private bool stopped;
    private int calls;

    /// <summary>Every call from the failing one on fails too, as when storage is down.</summary>
    public bool AndAllLater { get; set; }

    /// <summary>Which calls are counted and may fail. The others pass.</summary>
    public Func<Uri, bool> On { get; set; } = _ => true;

    /// <summary>What storage answers to a call that fails.</summary>
    public Func<RequestFailedException> Answer { get; set; } = () => new(503, "The fault that this test injects.");

    /// <summary>Calls counted since <see cref="Reset"/>.</summary>
    public int Calls => calls;

    /// <summary>Restarts the count.</summary>
    /// <param name="failing">Number of the call that fails, from 1; 0 for none.</param>
    /// <param name="afterIt">The call fails after it was done.</param>
    public void Reset(int failing, bool afterIt) => (calls, call, afterItWasDone, stopped) = (0, failing, afterIt, false);

    /// <summary>From now on, no call is counted or fails.</summary>
    public void Stop() => stopped = true;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var fails = Fails(message);
        ThrowIf(fails && !afterItWasDone);
        ProcessNext(message, pipeline);
        ThrowIf(fails);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var fails = Fails(message);
        ThrowIf(fails && !afterItWasDone);
        await ProcessNextAsync(message, pipeline);
        ThrowIf(fails);
    }

    private bool Fails(HttpMessage message)
    {
        if (stopped || !On(message.Request.Uri.ToUri()))
        {
            return false;
        }

        var number = Interlocked.Increment(ref calls);
        return call > 0 && (number == call || (AndAllLater && number > call));
    }

    private void ThrowIf(bool fails)
    {
        if (fails)
        {
            throw Answer();
        }
    }
}
