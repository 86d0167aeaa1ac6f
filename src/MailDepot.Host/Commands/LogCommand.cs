using System.CommandLine;
using System.Globalization;
using MailDepot.Events;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot log</c>: what happened, oldest first, as <c>up</c> shows it.</summary>
internal static class LogCommand
{
    private const int DefaultCount = 100;

    /// <summary>Storage returns the newest first; they are reversed in memory.</summary>
    private const int MaxCount = 100_000;

    public static Command Make()
    {
        var follow = new Option<bool>("--follow") { Description = "Keep showing new events until Ctrl-C." };
        var since = new Option<string?>("--since")
        {
            HelpName = "TIME",
            Description = "Nothing before: 30s, 10m, 2h or 1d ago, or a time like 2026-11-23T14:05 (local, unless it names its offset).",
        };
        var count = new Option<int?>("--count")
        {
            HelpName = "N",
            CustomParser = CommandLine.Number,
            Description = $"The newest N, 1 to {MaxCount}. Default {DefaultCount}; with --since, all.",
        };
        var command = new Command("log", "Show what happened: arrivals, their outcomes, failures and recoveries.")
        {
            follow, since, count,
        };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(follow), parsed.GetValue(since), parsed.GetValue(count), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, bool follow, string? since, int? count, CancellationToken ct)
    {
        if (count is < 1 or > MaxCount)
        {
            throw new UsageException($"--count is {count}: the log shows 1 to {MaxCount} events.");
        }

        await using var depot = OpenDepot.For(parsed);
        var from = since is null ? (DateTimeOffset?)null : Time(since, depot.Get<TimeProvider>());
        var most = count ?? (from is null ? DefaultCount : MaxCount);
        var reader = depot.Get<EventReader>();
        var json = parsed.GetValue(CommandLine.Json);
        if (!follow)
        {
            var events = await reader.ReadAsync(from, most, ct);
            events.ToList().ForEach(e => Print(e, json));
            return CommandLine.Done;
        }

        try
        {
            await foreach (var e in reader.FollowAsync(from, most, ct))
            {
                Print(e, json);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Ctrl-C is how following ends
        }

        return CommandLine.Done;
    }

    private static void Print(DepotEvent e, bool json)
    {
        if (json)
        {
            Output.JsonLine(new { e.Time, e.Kind, Id = e.Id == Guid.Empty ? (Guid?)null : e.Id, e.Text });
            return;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{e.Time.ToLocalTime():yyyy-MM-dd} {EventText.Line(e)}"));
    }

    /// <summary>The point in time that an age or a time names.</summary>
    private static DateTimeOffset Time(string text, TimeProvider clock)
    {
        if (Age(text) is { } age)
        {
            return clock.GetUtcNow() - age;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time)
            ? time
            : throw new UsageException($"--since is '{text}': give an age like 30s, 10m, 2h or 1d, or a time like 2026-11-23T14:05.");
    }

    /// <summary><c>30s</c>, <c>10m</c>, <c>2h</c> or <c>1d</c>; null for anything else.</summary>
    public static TimeSpan? Age(string text) =>
        int.TryParse(text.AsSpan(0, Math.Max(text.Length - 1, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Unit(text[^1]) is { } unit && number <= EventOptions.MaxDays * (TimeSpan.FromDays(1) / unit) ? unit * number : null;

    private static TimeSpan? Unit(char unit) => unit switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };
}
