using System.Diagnostics;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Processor time so far. Unlike mails per second, it hardly depends on what else runs on the machine.</summary>
/// <param name="Own">Of this process: the senders, and the depot or the floor's calls.</param>
/// <param name="Storage">Of Azurite.</param>
internal sealed record CpuTime(TimeSpan Own, TimeSpan Storage)
{
    /// <summary>Reads both now.</summary>
    public static CpuTime Read(int azurite)
    {
        using var storage = Process.GetProcessById(azurite);
        return new CpuTime(Environment.CpuUsage.TotalTime, storage.TotalProcessorTime);
    }

    /// <summary>The time used since then, per mail.</summary>
    public CpuFigures Since(CpuTime before, double mails) =>
        new((Own - before.Own).TotalMilliseconds / mails, (Storage - before.Storage).TotalMilliseconds / mails);
}

/// <summary>Milliseconds of processor time per mail.</summary>
internal sealed record CpuFigures(double Own, double Storage);
