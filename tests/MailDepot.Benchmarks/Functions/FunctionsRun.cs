using System.Collections.Immutable;
using MailDepot.Host.Local;

namespace MailDepot.Benchmarks.Functions;

/// <summary>Starts of both workers, then rounds in which they archive the same mails in turn, each on a fresh Azurite.</summary>
internal sealed class FunctionsRun(AzuriteProgram program, string app, FunctionsPlan plan, TimeProvider clock, Action<string> say)
{
    public async Task<FunctionsFigures> MeasureAsync(CancellationToken ct)
    {
        say("starts …");
        var starts = new StartRun(program, app, plan, clock);
        var functionsStarts = await starts.FunctionsAsync(ct);
        var hostStarts = await starts.HostAsync(ct);

        var rounds = ImmutableArray.CreateBuilder<FunctionsRound>();
        for (var number = 1; number <= plan.Rounds; number++)
        {
            var round = new WorkerRound(program, plan, clock);
            var functions = await round.RunAsync((storage, settings) => FunctionsWorker.StartAsync(app, storage, settings, ct), ct);
            var host = await round.RunAsync(
                (_, settings) => Task.FromResult<IWorkerProcess>(HostWorker.Start(settings, clock)), ct);
            rounds.Add(new FunctionsRound(functions, host));
            say(FormattableString.Invariant(
                $"round {number}: Functions {functions.MailsPerSecond:0.0}, host {host.MailsPerSecond:0.0} mails/s"));
        }

        return new FunctionsFigures(
            plan.Mails,
            plan.Kilobytes,
            new WorkerFigures(functionsStarts, [.. rounds.Select(round => round.Functions)]),
            new WorkerFigures(hostStarts, [.. rounds.Select(round => round.Host)]));
    }

    private sealed record FunctionsRound(RoundFigures Functions, RoundFigures Host);
}
