using MailDepot.Host.Local;

namespace MailDepot.Host.Commands;

/// <summary>The settings of a verb, read from where <c>up</c> and the roles read theirs: a file, and the environment over it.</summary>
internal static class VerbSettings
{
    private const string FileName = "appsettings.json";

    /// <summary>Reads the settings of a verb that needs no depot. The file may be absent.</summary>
    /// <param name="folder">The current folder.</param>
    public static IConfigurationRoot Read(string folder) => File(folder).AddEnvironmentVariables().Build();

    /// <summary>Reads the settings, with what a running <c>up</c> left in its folder. Either file may be absent.</summary>
    /// <param name="folder">The current folder.</param>
    /// <param name="depot">
    /// Folder of the local depot. What is there overrides the file, because it has the options that <c>up</c> was started with.
    /// </param>
    /// <param name="named">The command line names that folder, so it overrides the environment too.</param>
    public static IConfigurationRoot Read(string folder, LocalFolder depot, bool named) => (named
        ? File(folder).AddEnvironmentVariables().AddJsonFile(depot.DepotFile, optional: true)
        : File(folder).AddJsonFile(depot.DepotFile, optional: true).AddEnvironmentVariables()).Build();

    private static IConfigurationBuilder File(string folder) =>
        new ConfigurationBuilder().AddJsonFile(Path.Combine(folder, FileName), optional: true);
}
