using System.Collections.Immutable;
using System.Diagnostics;

namespace MailDepot.Host.Local;

/// <summary>How to set up an Azurite.</summary>
public sealed record AzuriteSetup
{
    /// <summary>The folder whose <see cref="LocalFolder.AzuriteContent"/> it serves; null keeps everything in memory.</summary>
    public LocalFolder? Folder { get; init; }

    /// <summary>Preferred ports; each one already taken is replaced by a free one.</summary>
    public AzuritePorts Ports { get; init; } = AzuritePorts.Usual;

    /// <summary>All accounts; the development account only if it is among them. The same each time for one folder.</summary>
    public ImmutableArray<AzuriteAccount> Accounts { get; init; } = [AzuriteAccount.Development];
}

/// <summary>A running Azurite.</summary>
/// <remarks>
/// An Azurite with a folder outlives a killed MailDepot, and the next one adopts it: Azurite writes its data only every
/// few seconds, so it is shut down cleanly or not at all. An in-memory Azurite ends with the process that started it.
/// </remarks>
public sealed class AzuriteProcess : IAsyncDisposable
{
    // Measured: 1.2 to 2.5 s on a quiet machine, up to 10 s on a loaded one.
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);

    // A healthy one answers within milliseconds; one under load may be busy with a large transaction.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    // An idle Azurite closes within a second; the more data it has, the longer it takes to save.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    // For an Azurite left to save on its own: all its tables are one file, of unknown size on a disk of unknown speed.
    private static readonly TimeSpan SaveTimeout = TimeSpan.FromMinutes(1);

    private readonly Process process;
    private readonly AzuriteSetup setup;
    private readonly TimeProvider clock;

    private AzuriteProcess(Process process, AzuritePorts ports, AzuriteSetup setup, TimeProvider clock, bool adopted)
    {
        (this.process, this.setup, this.clock, Ports, Adopted) = (process, setup, clock, ports, adopted);
        Id = process.Id;
    }

    /// <summary>The operating system's process id.</summary>
    public int Id { get; }

    /// <summary>The ports it listens on; none is 0.</summary>
    public AzuritePorts Ports { get; }

    /// <summary>Whether it was already running, started by a MailDepot that is gone.</summary>
    public bool Adopted { get; }

    /// <summary>Completes when Azurite has ended, through <see cref="StopAsync"/> or on its own.</summary>
    public Task EndedAsync(CancellationToken token) => process.WaitForExitAsync(token);

    /// <summary>For the clients of the Azure SDK.</summary>
    /// <exception cref="KeyNotFoundException">The account is not in the setup.</exception>
    public string ConnectionString(string account) =>
        Ports.ConnectionString(setup.Accounts.FirstOrDefault(known => known.Name.Equals(account, StringComparison.Ordinal))
            ?? throw new KeyNotFoundException($"This Azurite has no account {account}."));

    /// <summary>
    /// Starts Azurite and returns once it answers, or adopts the one that an earlier run left on the same folder.
    /// The caller must hold the folder (<see cref="LocalFolder.Hold"/>).
    /// </summary>
    /// <exception cref="StartException">It exited, or did not answer within a minute; quotes its last lines.</exception>
    public static async Task<AzuriteProcess> StartOrAdoptAsync(
        AzuriteProgram program, AzuriteSetup setup, TimeProvider clock, CancellationToken token)
    {
        if (setup.Folder is { } folder && AzuriteRecord.Read(folder) is { } record && record.FindProcess() is { } running)
        {
            var saved = record.Ending && await SavedAsync(running, clock, token);
            if (!saved && record.Ports is { } ports && await AzuriteLaunch.AnswersAsync(ports, AnswerTimeout, clock, token))
            {
                (record with { Ending = false }).Write(folder);
                return new AzuriteProcess(running, ports, setup, clock, adopted: true);
            }

            // If it still runs, it hangs or its start was cut short. It is ours and must end before another touches the data.
            using (running)
            {
                await ProcessSignal.EndAsync(running, StopTimeout, clock, token);
            }
        }

        var (process, listening) = await new AzuriteLaunch(program, setup, clock).RunAsync(ReadyTimeout, token);
        return new AzuriteProcess(process, listening, setup, clock, adopted: false);
    }

    /// <summary>Shuts it down cleanly and waits; kills it after a few seconds, or on cancellation. Safe to repeat.</summary>
    public async Task StopAsync(CancellationToken token)
    {
        if (setup.Folder is { } data && AzuriteRecord.Read(data) is { } record)
        {
            (record with { Ending = true }).Write(data);
        }

        await ProcessSignal.EndAsync(process, StopTimeout, clock, token);
        if (setup.Folder is { } folder)
        {
            AzuriteRecord.Remove(folder);
        }
    }

    /// <summary>
    /// Waits for an Azurite that an earlier run left while it was saving; false if that run was killed before it asked it to
    /// end.
    /// </summary>
    private static async Task<bool> SavedAsync(Process process, TimeProvider clock, CancellationToken token)
    {
        try
        {
            await process.WaitForExitAsync(token).WaitAsync(SaveTimeout, clock, token);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Stops it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        process.Dispose();
    }
}
