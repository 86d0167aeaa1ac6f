using System.Collections.Immutable;
using System.Globalization;
using MailDepot.Host.Local;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Floor and pipeline in turn, each round of each on a fresh Azurite in memory.</summary>
internal sealed class SpeedRun(AzuriteProgram program, IngestPlan plan, TimeProvider clock, Action<string> say)
{
    // Of the first round, whose figures are discarded.
    private const int FirstKilobytes = 30;
    private const int FirstConnections = 16;

    public async Task<ImmutableArray<SpeedFigures>> RunAsync(CancellationToken ct)
    {
        if (plan.Rounds == 0)
        {
            return [];
        }

        if (plan.FirstRound)
        {
            await RoundAsync(FirstKilobytes, FirstConnections, ct);
        }

        var points = plan.Kilobytes
            .SelectMany(_ => plan.Connections, (kilobytes, connections) => (kilobytes, connections))
            .ToList();
        var rounds = points.ToDictionary(point => point, _ => new List<SpeedRound>());
        for (var round = 1; round <= plan.Rounds; round++)
        {
            foreach (var point in points)
            {
                var one = await RoundAsync(point.kilobytes, point.connections, ct);
                rounds[point].Add(one);
                say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round}: {point.kilobytes} KB, {point.connections} connections: floor {one.Floor.MailsPerSecond:0.0}, "
                    + $"pipeline {one.Pipeline.MailsPerSecond:0.0} mails/s, ratio {one.Ratio:0.00}"));
            }
        }

        return [.. points.Select(point => SpeedFigures.Of(point.kilobytes, point.connections, rounds[point]))];
    }

    private async Task<SpeedRound> RoundAsync(int kilobytes, int connections, CancellationToken ct)
    {
        var ready = ReadyMail.Make(kilobytes, clock.GetUtcNow());
        var steady = new SteadyState(plan, clock);
        var floor = await OnFreshStorageAsync(azurite => FloorRound.RunAsync(azurite, ready, connections, steady, ct), ct);
        var pipeline = await OnFreshStorageAsync(
            azurite => new PipelineRound(plan, clock).RunAsync(azurite, kilobytes, connections, ct), ct);
        return new SpeedRound(floor, pipeline);
    }

    private async Task<T> OnFreshStorageAsync<T>(Func<AzuriteProcess, Task<T>> run, CancellationToken ct)
    {
        await using var azurite = await FreshAzurite.StartAsync(program, clock, ct);
        return await run(azurite);
    }
}
