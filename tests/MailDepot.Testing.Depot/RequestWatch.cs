using Azure.Core;
using Azure.Core.Pipeline;

namespace MailDepot.Testing;

/// <summary>Sees each request to storage before it is sent, and may change it.</summary>
public abstract class RequestWatch : HttpPipelinePolicy
{
    public sealed override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        See(message.Request);
        ProcessNext(message, pipeline);
    }

    public sealed override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        See(message.Request);
        return ProcessNextAsync(message, pipeline);
    }

    /// <summary>Called for each try of a request, by several threads at once.</summary>
    protected abstract void See(Request request);
}
