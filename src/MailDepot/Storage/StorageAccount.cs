using System.Diagnostics.CodeAnalysis;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace MailDepot.Storage;

/// <summary>A storage account from a setting: a connection string with a key, or an endpoint that we access with an identity.</summary>
/// <remarks>
/// On Azure the setting is the account's blob endpoint, <c>https://name.blob.core.windows.net</c>, and the identity is the one that
/// <c>DefaultAzureCredential</c> finds: the managed identity of <c>AZURE_CLIENT_ID</c>, or the user of <c>az login</c>. The endpoints
/// of queues and tables differ only in one word.
/// </remarks>
public sealed class StorageAccount
{
    private const string BlobWord = ".blob.";

    private readonly string connection;
    private readonly Uri? blobs;
    private readonly TokenCredential? identity;

    /// <summary>Reads the setting.</summary>
    public StorageAccount(string setting)
    {
        connection = setting;
        if (TryReadEndpoint(setting, out blobs))
        {
            identity = new DefaultAzureCredential();
        }
    }

    /// <summary>Whether access is by the account's key.</summary>
    public bool HasKey => identity is null;

    /// <summary>Whether a setting is an account's blob endpoint.</summary>
    public static bool TryReadEndpoint(string setting, [NotNullWhen(true)] out Uri? endpoint) =>
        Uri.TryCreate(setting, UriKind.Absolute, out endpoint)
        && endpoint.Scheme == Uri.UriSchemeHttps
        && endpoint.AbsolutePath == "/"
        && endpoint.Host.Contains(BlobWord, StringComparison.OrdinalIgnoreCase);

    /// <summary>Creates the blob client.</summary>
    public BlobServiceClient Blobs(BlobClientOptions options) =>
        HasKey ? new(connection, options) : new(blobs, identity, options);

    /// <summary>Creates the queue client.</summary>
    public QueueServiceClient Queues(QueueClientOptions options) =>
        HasKey ? new(connection, options) : new(Endpoint("queue"), identity, options);

    /// <summary>Creates the table client.</summary>
    public TableServiceClient Tables(TableClientOptions options) =>
        HasKey ? new(connection, options) : new(Endpoint("table"), identity, options);

    private Uri Endpoint(string service)
    {
        var host = blobs!.Host.Replace(BlobWord, $".{service}.", StringComparison.OrdinalIgnoreCase);
        return new UriBuilder(blobs) { Host = host }.Uri;
    }
}
