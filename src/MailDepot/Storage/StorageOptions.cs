namespace MailDepot.Storage;

/// <summary>The storage accounts, each by connection string or blob endpoint (<see cref="StorageAccount"/>).</summary>
/// <param name="Work">Has queues and spool.</param>
/// <param name="Archive">Has documents, ledger, tables and quarantine; empty: the work account has them.</param>
public sealed record StorageOptions(string Work, string Archive)
{
    /// <summary>One sentence for each wrong value, which names its key.</summary>
    public IEnumerable<string> Errors()
    {
        if (Work.Length == 0)
        {
            yield return "MailDepot:WorkStorage is not set: give it the storage account's connection string or blob endpoint, "
                + "or run `maildepot up`, which brings its own.";
        }

        foreach (var (key, value) in new[] { ("WorkStorage", Work), ("ArchiveStorage", Archive) })
        {
            if (value.Length > 0 && !IsConnectionString(value) && !StorageAccount.TryReadEndpoint(value, out _))
            {
                yield return $"MailDepot:{key} is neither a storage connection string "
                    + "(AccountName=…;AccountKey=…;BlobEndpoint=…, or UseDevelopmentStorage=true) "
                    + "nor an account's blob endpoint (https://name.blob.core.windows.net).";
            }
        }
    }

    private static bool IsConnectionString(string value) =>
        string.Equals(value.Trim().TrimEnd(';'), "UseDevelopmentStorage=true", StringComparison.OrdinalIgnoreCase)
        || (value.Contains("AccountName=", StringComparison.OrdinalIgnoreCase)
            && (value.Contains("AccountKey=", StringComparison.OrdinalIgnoreCase)
                || value.Contains("SharedAccessSignature=", StringComparison.OrdinalIgnoreCase)));
}
