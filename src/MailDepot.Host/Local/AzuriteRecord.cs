using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace MailDepot.Host.Local;

/// <summary>Which Azurite serves a data folder, written down in it: two on the same data would destroy it.</summary>
/// <param name="ProcessId">As the operating system numbers it; numbers come again.</param>
/// <param name="Started">When it started, as the operating system says; tells it from a later process with its number.</param>
/// <param name="Ports">Where it listens; absent until it does.</param>
/// <param name="Ending">It was asked to end, or is about to be: it saves its data, and is waited for, not asked again and not adopted.</param>
internal sealed record AzuriteRecord(int ProcessId, DateTimeOffset Started, AzuritePorts? Ports, bool Ending = false)
{
    // The start is computed from the time of boot, which moves when the clock is set right.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Of a process that has just been started.</summary>
    public static AzuriteRecord Of(Process process, AzuritePorts? ports = null) =>
        new(process.Id, StartOf(process), ports);

    /// <summary>Null if there is none, or none that can be read.</summary>
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
            // Cut by a full disk: a record in place is otherwise whole.
            return null;
        }
    }

    /// <summary>Replaces what was there, whole or not at all.</summary>
    public void Write(LocalFolder folder)
    {
        var beside = folder.AzuriteRecord + ".new";
        File.WriteAllBytes(beside, JsonSerializer.SerializeToUtf8Bytes(this));
        File.Move(beside, folder.AzuriteRecord, overwrite: true);
    }

    /// <summary>Takes the record away once its process is gone.</summary>
    public static void Remove(LocalFolder folder)
    {
        if (Directory.Exists(folder.Path))
        {
            File.Delete(folder.AzuriteRecord);
        }
    }

    /// <summary>The process itself if it still runs; null if it ended, whatever has its number now.</summary>
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
            // It ended between the questions, or belongs to another user: not the one we started.
        }

        process.Dispose();
        return null;
    }

    private static DateTimeOffset StartOf(Process process) => new(process.StartTime.ToUniversalTime());
}
