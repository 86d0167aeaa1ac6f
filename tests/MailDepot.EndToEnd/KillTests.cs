namespace MailDepot.EndToEnd;

public sealed class KillTests
{
    /// <summary>Kills, each at its own moment; the seed makes the moments the same in every run.</summary>
    private const int Kills = 20;

    private const int Seed = 20261123;

    [Fact]
    public async Task Killed_at_any_moment_everything_accepted_is_archived_once_and_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        var environment = await RunningDepot.UsualEnvironmentAsync();
        var moments = new Random(Seed);
        var promised = new Dictionary<Guid, byte[]>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var depot = await RunningDepot.StartAsync(folder.Path, environment);
            var load = SmtpLoad.Start(depot.SmtpPort, clients: 4, $"kill{kill:d2}");
            await load.UntilAcceptedAsync(moments.Next(1, 60));
            await depot.KillAsync();
            await load.UntilGoneAsync();
            foreach (var (id, mail) in load.Accepted)
            {
                promised.Add(id, mail);
            }
        }

        await using var last = await RunningDepot.StartAsync(folder.Path, environment);
        await using var archived = new Archived(last.WorkStorage);
        await archived.UntilQueueIsEmptyAsync();
        Assert.True(promised.Count >= Kills, $"Only {promised.Count} mails were accepted.");
        await archived.HoldsOnceBitForBitAsync(promised);
    }
}
