using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;

namespace MailDepot.Testing.Functions;

/// <summary>Makes the listeners' clients, which hide the messages that they get for a time of a test's choice, not 10 minutes.</summary>
internal sealed partial class ShortHiding(AzureComponentFactory clients, TimeSpan hidden) : AzureComponentFactory
{
    public override TokenCredential CreateTokenCredential(IConfiguration configuration) => clients.CreateTokenCredential(configuration);

    public override object CreateClientOptions(Type optionsType, object? serviceVersion, IConfiguration configuration)
    {
        var options = clients.CreateClientOptions(optionsType, serviceVersion, configuration);
        ((ClientOptions)options).AddPolicy(new Gets(hidden), HttpPipelinePosition.PerCall);
        return options;
    }

    public override object CreateClient(Type clientType, IConfiguration configuration, TokenCredential credential, object clientOptions) =>
        clients.CreateClient(clientType, configuration, credential, clientOptions);

    /// <summary>The query is signed after this.</summary>
    private sealed partial class Gets(TimeSpan hidden) : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message)
        {
            var uri = message.Request.Uri;
            if (message.Request.Method == RequestMethod.Get && uri.Path.EndsWith("/messages", StringComparison.Ordinal))
            {
                uri.Query = Visibility().Replace(uri.Query, $"visibilitytimeout={hidden.TotalSeconds:0}");
            }
        }

        [GeneratedRegex("visibilitytimeout=[0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
        private static partial Regex Visibility();
    }
}
