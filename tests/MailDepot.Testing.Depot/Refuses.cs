using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace MailDepot.Testing;

/// <summary>Answers chosen requests as Azure answers what an immutability policy protects, which Azurite does not know.</summary>
/// <remarks>The request is done all the same if <paramref name="afterItWasDone"/>: as when its first answer got lost and the SDK asked again.</remarks>
public sealed class Refuses(Func<Request, bool> which, bool afterItWasDone) : HttpPipelinePolicy
{
    public int Refused { get; private set; }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException("All calls are asynchronous.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (!which(message.Request))
        {
            await ProcessNextAsync(message, pipeline);
            return;
        }

        if (afterItWasDone)
        {
            await ProcessNextAsync(message, pipeline);
        }

        Refused++;
        throw new RequestFailedException(409, "This operation is not permitted as the blob is immutable.", "BlobImmutableDueToPolicy", innerException: null);
    }
}
