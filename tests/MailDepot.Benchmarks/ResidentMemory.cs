using System.Globalization;

namespace MailDepot.Benchmarks;

/// <summary>Memory of another process, from proc(5).</summary>
internal static class ResidentMemory
{
    /// <summary>The bytes resident now.</summary>
    public static long Bytes(int processId) => StatusBytes(processId, "VmRSS:");

    /// <summary>The most bytes that it ever had resident.</summary>
    public static long PeakBytes(int processId) => StatusBytes(processId, "VmHWM:");

    private static long StatusBytes(int processId, string field)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        var kilobytes = line[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1_024;
    }
}
