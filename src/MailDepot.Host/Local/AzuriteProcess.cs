using System.Collections.Immutable;
using System.Diagnostics;

namespace MailDepot.Host.Local;

/// <summary>What an Azurite is to be.</summary>
public sealed record AzuriteSetup
{
    /// <summary>Whose <see cref="LocalFolder.AzuriteContent"/> it serves; null keeps everything in memory.</summary>
    public LocalFolder? Folder { get; init; }

    /// <summary>Wanted ports; each that is taken is replaced by a free one.</summary>
    public AzuritePorts Ports { get; init; } = AzuritePorts.Usual;

    /// <summary>All accounts; the development account only if it is among them. The same each time for one folder.</summary>
    public ImmutableArray<AzuriteAccount> Accounts { get; init; } = [AzuriteAccount.Development];
}

/// <summary>A running Azurite.</summary>
/// <remarks>
/// One with a folder outlives a MailDepot that is killed hard, and the next one adopts it: Azurite writes its data every
/// few seconds only, so it is ended in order or not at all. One in memory ends with the process that started it.
/// </remarks>
public sealed class AzuriteProcess : IAsyncDisposable
{
    // Measured: 1.2 to 2.5 s on a quiet machine, up to 10 s on a loaded one.
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    // A healthy one answers within milliseconds; one under load may be busy with a large transaction.
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    // Azurite closes within a second when idle; with much data it has much to save.
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(15);

    // For one that was left to save by itself: all its tables are one file, and nobody knows how large they are and how slow the disk.
    private static readonly TimeSpan SavesWithin = TimeSpan.FromMinutes(1);

    private readonly Process process;
    private readonly AzuriteSetup setup;
    private readonly TimeProvider clock;

    private AzuriteProcess(Process process, AzuritePorts ports, AzuriteSetup setup, TimeProvider clock, bool adopted)
    {
        (this.process, this.setup, this.clock, Ports, Adopted) = (process, setup, clock, ports, adopted);
        Id = process.Id;
    }

    /// <summary>The operating system's number for it.</summary>
    public int Id { get; }

    /// <summary>Where it listens: none is 0.</summary>
    public AzuritePorts Ports { get; }

    /// <summary>It was running already, started by a MailDepot that is gone.</summary>
    public bool Adopted { get; }

    /// <summary>Done when Azurite has ended, by <see cref="StopAsync"/> or by itself.</summary>
    public Task EndedAsync(CancellationToken token) => process.WaitForExitAsync(token);

    /// <summary>For the clients of the Azure SDK.</summary>
    /// <exception cref="KeyNotFoundException">The account is not in the setup.</exception>
    public string ConnectionString(string account) =>
        Ports.ConnectionString(setup.Accounts.FirstOrDefault(known => known.Name.Equals(account, StringComparison.Ordinal))
            ?? throw new KeyNotFoundException($"This Azurite has no account {account}."));

    /// <summary>
    /// Starts an Azurite and returns when it answers; or takes over the one that an earlier run left on the same folder.
    /// Whoever calls this for a folder holds it (<see cref="LocalFolder.Hold"/>).
    /// </summary>
    /// <exception cref="StartException">It ended or did not answer within a minute; carries its last words.</exception>
    public static async Task<AzuriteProcess> StartOrAdoptAsync(AzuriteProgram program, AzuriteSetup setup, TimeProvider clock, CancellationToken token)
    {
        if (setup.Folder is { } folder && AzuriteRecord.Read(folder) is { } record && record.FindProcess() is { } running)
        {
            var saved = record.Ending && await SavedAsync(running, clock, token);
            if (!saved && record.Ports is { } ports && await AzuriteLaunch.AnswersAsync(ports, AnswersWithin, clock, token))
            {
                (record with { Ending = false }).Write(folder);
                return new AzuriteProcess(running, ports, setup, clock, adopted: true);
            }

            // If it still runs, it hangs, or its start was cut short. It is ours and must be gone before another touches the data.
            using (running)
            {
                await ProcessSignal.EndAsync(running, EndsWithin, clock, token);
            }
        }

        var (process, listening) = await new AzuriteLaunch(program, setup, clock).RunAsync(ReadyWithin, token);
        return new AzuriteProcess(process, listening, setup, clock, adopted: false);
    }

    /// <summary>Ends it in order and waits; kills it after a few seconds, or when the token says so. Repeatable.</summary>
    public async Task StopAsync(CancellationToken token)
    {
        if (setup.Folder is { } data && AzuriteRecord.Read(data) is { } record)
        {
            (record with { Ending = true }).Write(data);
        }

        await ProcessSignal.EndAsync(process, EndsWithin, clock, token);
        if (setup.Folder is { } folder)
        {
            AzuriteRecord.Remove(folder);
        }
    }

    /// <summary>Waits for one that an earlier run left while it was saving; false if that run was killed before it asked.</summary>
    private static async Task<bool> SavedAsync(Process process, TimeProvider clock, CancellationToken token)
    {
        try
        {
            await process.WaitForExitAsync(token).WaitAsync(SavesWithin, clock, token);
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
