using System.Diagnostics;
using System.Globalization;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>Postfix's <c>smtp-source</c> as the load: a process of its own, plain SMTP without pipelining.</summary>
internal static class SourceLoad
{
    public const string Sender = "a@example.com";
    public const string Recipient = "b@example.com";

    /// <summary>Sends this many mails; returns how long that took.</summary>
    public static async Task<TimeSpan> RunAsync(SmtpPoint point, int port, int mails, TimeProvider clock, CancellationToken ct)
    {
        var invariant = CultureInfo.InvariantCulture;
        string[] arguments =
        [
            .. point.Reused ? new[] { "-d" } : [],
            "-N",
            "-s", point.Sessions.ToString(invariant),
            "-m", mails.ToString(invariant),
            "-l", (point.Kilobytes * 1_000).ToString(invariant),
            "-f", Sender,
            "-t", Recipient,
            string.Create(invariant, $"127.0.0.1:{port}"),
        ];
        var began = clock.GetTimestamp();
        using var source = Process.Start(new ProcessStartInfo(Peers.Find("smtp-source"), arguments) { UseShellExecute = false })!;
        await source.WaitForExitAsync(ct);
        var time = clock.GetElapsedTime(began);
        return source.ExitCode == 0 ? time : throw new BrokenRunException($"smtp-source ended with {source.ExitCode}.");
    }
}

/// <summary>One way to send.</summary>
/// <param name="Kilobytes">Size of each mail, in KB of 1,000 bytes.</param>
/// <param name="Sessions">At once.</param>
/// <param name="Reused">One connection per session, else one per mail.</param>
internal sealed record SmtpPoint(int Kilobytes, int Sessions, bool Reused)
{
    public override string ToString() =>
        FormattableString.Invariant($"{Kilobytes} KB, {Sessions} sessions, {(Reused ? "reused" : "new")} connections");
}
