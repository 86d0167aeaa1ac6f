using System.Globalization;
using Azure;
using CsCheck;
using MailDepot.Ledger;

namespace MailDepot.Tests.Index;

/// <summary>Whatever writers, housekeeping runs and storage faults happen concurrently, the count is the number of rows.</summary>
public sealed class CountsModelTests(AzuriteFixture azurite)
{
    /// <summary>Runs of the model; each makes some hundred requests.</summary>
    private const int Plays = 60;

    /// <summary>What happens concurrently before the count is checked.</summary>
    private static readonly Gen<Scene> Scenes = Gen.Select(
        Gen.OneOf(Gen.Const(0), Gen.Int[0, 15], Gen.Int[30, 200], Gen.Int[20 * 60, 30 * 60]).Array[0, 6],
        Gen.Bool,
        Gen.Int[0, 2],
        Gen.OneOf(Gen.Int[0, 9], Gen.Int[10, 90]),
        Gen.OneOf(Gen.Const(0), Gen.Int[1, 30]),
        Gen.Bool,
        (ages, twice, housekeepers, minutes, fault, after) =>
            new Scene(string.Join(',', ages), twice, housekeepers, minutes, fault, after));

    [Fact]
    public async Task The_count_is_the_number_of_rows_at_every_check()
    {
        var fault = new FaultAt();
        await using var counted = await CountedDepot.CreateAsync(azurite, fault);
        var play = 0;
        await Scenes.Array[1, 8].SampleAsync(
            async scenes =>
            {
                var container = $"play{Interlocked.Increment(ref play)}";
                foreach (var scene in scenes)
                {
                    await PlayAsync(counted, fault, container, scene);
                    await counted.AssertCountedAsync(container, scene.ToString());
                }
            },
            iter: Plays,
            threads: 1);
    }

    private static async Task PlayAsync(CountedDepot counted, FaultAt fault, string container, Scene scene)
    {
        counted.Clock.Advance(TimeSpan.FromMinutes(scene.Minutes));
        var receipts = scene.Ages.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(minutes => TimeSpan.FromMinutes(int.Parse(minutes, CultureInfo.InvariantCulture)))
            .Select(age => counted.Receipt(container, age)).ToList();
        fault.Reset(scene.Fault, scene.After);
        var writing = receipts.Concat(scene.Twice ? receipts : []).Select(receipt => UntilWrittenAsync(counted, receipt));
        var keeping = Enumerable.Range(0, scene.Housekeepers).Select(_ => TryRollUpAsync(counted, container));
        await Task.WhenAll([.. writing, .. keeping]);
        fault.Stop();
    }

    /// <summary>The queue redelivers a ticket until it is done.</summary>
    private static async Task UntilWrittenAsync(CountedDepot counted, Receipt receipt)
    {
        while (true)
        {
            try
            {
                await counted.WriteAsync(receipt);
                return;
            }
            catch (RequestFailedException)
            {
                // only one call fails
            }
        }
    }

    private static async Task TryRollUpAsync(CountedDepot counted, string container)
    {
        try
        {
            await counted.RollUpAsync(container);
        }
        catch (RequestFailedException)
        {
            // the next run continues
        }
    }

    /// <param name="Ages">Ages of the receipts in minutes.</param>
    /// <param name="Twice">Two workers process each ticket at the same time.</param>
    /// <param name="Housekeepers">Concurrent housekeeping runs.</param>
    /// <param name="Minutes">Minutes that pass first.</param>
    /// <param name="Fault">Number of the call that fails; 0 for none.</param>
    /// <param name="After">Whether it fails after taking effect.</param>
    private sealed record Scene(string Ages, bool Twice, int Housekeepers, int Minutes, int Fault, bool After);
}
