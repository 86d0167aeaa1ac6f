using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace MailDepot.Host.Local;

/// <summary>Records, in a data folder, which Azurite serves it: two on the same data would destroy it.</summary>
/// <param name="ProcessId">The operating system's id, which it reuses.</param>
/// <param name="Started">Start time according to the operating system; distinguishes it from a later process with the same id.</param>
/// <param name="Ports">The ports it listens on; absent until it does.</param>
/// <param name="Ending">
/// It has been or is about to be asked to end. It is saving its data: wait for it; do not ask again and do not adopt it.
/// </param>
internal sealed record AzuriteRecord(int ProcessId, DateTimeOffset Started, AzuritePorts? Ports, bool Ending = false)
{
    // The start time is computed from the boot time, which shifts when the clock is corrected.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Makes the record of a process that has just been started.</summary>
    public static AzuriteRecord Of(Process process, AzuritePorts? ports = null) =>
        new(process.Id, StartOf(process), ports);

    /// <summary>Null if there is no readable record.</summary>
    public static AzuriteRecord? Read(LocalFolder folder)
    {
        try
        {
            return File.Exists(folder.AzuriteRecord)
                ? JsonSerializer.Deserialize<AzuriteRecord>(File.ReadAllBytes(folder.AzuriteRecord))
                : null;
        }
        catch (JsonException)
        {
            // Truncated by a full disk: otherwise a record in place is complete.
            return null;
        }
    }

    /// <summary>Replaces the record atomically.</summary>
    public void Write(LocalFolder folder)
    {
        var beside = folder.AzuriteRecord + ".new";
        File.WriteAllBytes(beside, JsonSerializer.SerializeToUtf8Bytes(this));
        File.Move(beside, folder.AzuriteRecord, overwrite: true);
    }

    /// <summary>Deletes the record once its process is gone.</summary>
    public static void Remove(LocalFolder folder)
    {
        if (Directory.Exists(folder.Path))
        {
            File.Delete(folder.AzuriteRecord);
        }
    }

    /// <summary>The process if it still runs; null if it ended, even if another process has its id now.</summary>
    public Process? FindProcess()
    {
        Process process;
        try
        {
            process = Process.GetProcessById(ProcessId);
        }
        catch (ArgumentException)
        {
            return null;
        }

        try
        {
            if (!process.HasExited && (StartOf(process) - Started).Duration() < Tolerance)
            {
                return process;
            }
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
        {
            // It ended between the two queries, or belongs to another user: not the one we started.
        }

        process.Dispose();
        return null;
    }

    private static DateTimeOffset StartOf(Process process) => new(process.StartTime.ToUniversalTime());
}
