using System.Collections.Immutable;

namespace MailDepot.Host.Local;

/// <summary>A storage account served by Azurite. Accounts share nothing.</summary>
/// <param name="Name">3 to 24 lower-case letters and digits, as Azure requires.</param>
/// <param name="Key">Base64, of any length; short keys keep the environment small.</param>
public sealed record AzuriteAccount(string Name, string Key)
{
    /// <summary>
    /// The development account, known to every Azurite and its tools. Its key is public and protects nothing:
    /// https://learn.microsoft.com/azure/storage/common/storage-connect-azurite.
    /// </summary>
    public static AzuriteAccount Development { get; } = new(
        "devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");

    /// <summary>
    /// The value of <c>AZURITE_ACCOUNTS</c>. Setting it replaces the development account, which must be listed to be
    /// kept. Linux takes 128 KiB in a variable: some 3,000 accounts with keys of 16 bytes; Windows a quarter of it.
    /// </summary>
    internal static string Variable(ImmutableArray<AzuriteAccount> accounts) =>
        string.Join(';', accounts.Select(account => $"{account.Name}:{account.Key}"));
}

/// <summary>The ports Azurite listens on at 127.0.0.1. 0 asks for any free port.</summary>
/// <param name="Blob">HTTP, blobs.</param>
/// <param name="Queue">HTTP, queues.</param>
/// <param name="Table">HTTP, tables.</param>
public sealed record AzuritePorts(int Blob, int Queue, int Table)
{
    /// <summary>Azurite's default ports, where other tools look for it.</summary>
    public static AzuritePorts Usual { get; } = new(10000, 10001, 10002);

    /// <summary>Any three free ports.</summary>
    public static AzuritePorts Any { get; } = new(0, 0, 0);

    /// <summary>The same ports, with 0 for each one that <paramref name="taken"/> reports as taken.</summary>
    internal AzuritePorts Without(Func<int, bool> taken) =>
        new(taken(Blob) ? 0 : Blob, taken(Queue) ? 0 : Queue, taken(Table) ? 0 : Table);

    internal ImmutableArray<int> All => [Blob, Queue, Table];

    /// <summary>Path style (<c>http://127.0.0.1:10000/name</c>): no name has to be resolved.</summary>
    internal string ConnectionString(AzuriteAccount account) =>
        $"DefaultEndpointsProtocol=http;AccountName={account.Name};AccountKey={account.Key};"
        + $"BlobEndpoint=http://127.0.0.1:{Blob}/{account.Name};"
        + $"QueueEndpoint=http://127.0.0.1:{Queue}/{account.Name};"
        + $"TableEndpoint=http://127.0.0.1:{Table}/{account.Name};";
}
