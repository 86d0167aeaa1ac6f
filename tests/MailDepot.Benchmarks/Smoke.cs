using System.CommandLine;

namespace MailDepot.Benchmarks;

/// <summary>A run of a few seconds that checks the benchmark itself, with the real parts and few mails. Speed does not count.</summary>
internal static class Smoke
{
    public static Option<bool> Option() => new("--smoke")
    {
        Description = "Check in seconds, with a few mails, that the benchmark works. "
            + "Its figures mean nothing, and it ignores options for counts and sizes.",
    };
}
