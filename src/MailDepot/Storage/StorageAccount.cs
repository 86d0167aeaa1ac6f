using System.Diagnostics.CodeAnalysis;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace MailDepot.Storage;

/// <summary>A storage account as a setting names it, and how we get in: by the key of its connection string, or by who we are.</summary>
/// <remarks>
/// On Azure the setting is the account's blob endpoint, <c>https://name.blob.core.windows.net</c>, and the identity is the one
/// that <c>DefaultAzureCredential</c> finds: the managed identity of <c>AZURE_CLIENT_ID</c>, or whoever is logged in with
/// <c>az login</c>. Queues and tables have the same name with another word in it.
/// </remarks>
public sealed class StorageAccount
{
    private const string BlobWord = ".blob.";

    private readonly string connection;
    private readonly Uri? blobs;
    private readonly TokenCredential? identity;

    /// <summary>The account of this setting.</summary>
    public StorageAccount(string setting)
    {
        connection = setting;
        if (TryReadEndpoint(setting, out blobs))
        {
            identity = new DefaultAzureCredential();
        }
    }

    /// <summary>We get in by the account's key.</summary>
    public bool HasKey => identity is null;

    /// <summary>Whether a setting is the blob endpoint of an account.</summary>
    public static bool TryReadEndpoint(string setting, [NotNullWhen(true)] out Uri? endpoint) =>
        Uri.TryCreate(setting, UriKind.Absolute, out endpoint)
        && endpoint.Scheme == Uri.UriSchemeHttps
        && endpoint.AbsolutePath == "/"
        && endpoint.Host.Contains(BlobWord, StringComparison.OrdinalIgnoreCase);

    /// <summary>Its blobs.</summary>
    public BlobServiceClient Blobs(BlobClientOptions options) =>
        HasKey ? new(connection, options) : new(blobs, identity, options);

    /// <summary>Its queues.</summary>
    public QueueServiceClient Queues(QueueClientOptions options) =>
        HasKey ? new(connection, options) : new(Endpoint("queue"), identity, options);

    /// <summary>Its tables.</summary>
    public TableServiceClient Tables(TableClientOptions options) =>
        HasKey ? new(connection, options) : new(Endpoint("table"), identity, options);

    private Uri Endpoint(string service) => new UriBuilder(blobs!) { Host = blobs!.Host.Replace(BlobWord, $".{service}.", StringComparison.OrdinalIgnoreCase) }.Uri;
}
