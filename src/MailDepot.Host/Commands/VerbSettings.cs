using MailDepot.Host.Local;

namespace MailDepot.Host.Commands;

/// <summary>The settings of a verb, read from where <c>up</c> and the roles read theirs: a file, and the environment over it.</summary>
internal static class VerbSettings
{
    private const string FileName = "appsettings.json";

    /// <summary>Reads the settings. Either file may be absent.</summary>
    /// <param name="folder">The current folder.</param>
    /// <param name="depot">
    /// Folder of the local depot: what a running <c>up</c> left there overrides the file, because options such as <c>--smtp-port</c> are
    /// in it. Null for a verb that needs no depot.
    /// </param>
    public static IConfigurationRoot Read(string folder, LocalFolder? depot = null)
    {
        var settings = new ConfigurationBuilder().AddJsonFile(Path.Combine(folder, FileName), optional: true);
        if (depot is not null)
        {
            settings.AddJsonFile(depot.DepotFile, optional: true);
        }

        return settings.AddEnvironmentVariables().Build();
    }
}
