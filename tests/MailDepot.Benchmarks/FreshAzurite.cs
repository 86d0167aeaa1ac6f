using MailDepot.Host.Local;

namespace MailDepot.Benchmarks;

/// <summary>The storage of a benchmark: an Azurite in memory, empty, on free ports.</summary>
internal static class FreshAzurite
{
    /// <summary>Finds the program, or installs it into the data folder.</summary>
    /// <param name="say">Shows the progress of an installation.</param>
    /// <param name="ct">Cancels the search.</param>
    public static Task<AzuriteProgram> FindAsync(Action<string> say, CancellationToken ct) => AzuriteProgram.FindAsync(
        LocalFolder.Find(null, Environment.CurrentDirectory),
        Environment.GetEnvironmentVariable("MailDepot__Azurite"),
        SearchPath.FromEnvironment(),
        say,
        TimeProvider.System,
        ct);

    /// <summary>Starts one.</summary>
    public static Task<AzuriteProcess> StartAsync(AzuriteProgram program, TimeProvider clock, CancellationToken ct) =>
        AzuriteProcess.StartOrAdoptAsync(program, new AzuriteSetup { Ports = AzuritePorts.Any }, clock, ct);
}
