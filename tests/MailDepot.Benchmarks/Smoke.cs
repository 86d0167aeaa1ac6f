using System.CommandLine;

namespace MailDepot.Benchmarks;

/// <summary>A run of seconds that checks the benchmark itself: the real parts, a few mails, no judgement of speed.</summary>
internal static class Smoke
{
    public static Option<bool> Option() => new("--smoke")
    {
        Description = "Check in seconds, with a few mails, that the benchmark works. "
            + "Its figures mean nothing, and it ignores options for counts and sizes.",
    };
}
