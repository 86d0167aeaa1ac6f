using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace MailDepot.Testing;

/// <summary>Refuses chosen requests as Azure does where an immutability policy protects a blob. Azurite has no such policies.</summary>
/// <remarks>
/// With <paramref name="afterItWasDone"/> the request is carried out all the same, as when its first answer was lost and the SDK
/// sent it again.
/// </remarks>
public sealed class Refuses(Func<Request, bool> which, bool afterItWasDone) : HttpPipelinePolicy
{
    public int Refused { get; private set; }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("All calls are asynchronous.");

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
        throw new RequestFailedException(
            409, "This operation is not permitted as the blob is immutable.", "BlobImmutableDueToPolicy", innerException: null);
    }
}
