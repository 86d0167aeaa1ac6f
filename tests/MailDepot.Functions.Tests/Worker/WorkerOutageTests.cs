using MailDepot.Host.Local;

namespace MailDepot.Functions.Tests.Worker;

/// <summary>Storage is away while the worker archives.</summary>
public sealed class WorkerOutageTests(AzuriteFixture azurite, PublishedAppFixture published)
{
    private const int Mails = 100;

    /// <summary>Longer than storage clients retry, and than the listeners try to give messages back.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Storage_stopped_for_half_a_minute_delays_mails_and_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        var setup = new AzuriteSetup { Folder = folder.Local, Ports = AzuritePorts.Any };
        await using var before = await StartAsync(setup);

        // What the listeners can't give back stays hidden for 10 minutes; here it is for less than the outage.
        await using var app = await HostedApp.CreateAsync(
            published, before.ConnectionString(AzuriteAccount.Development.Name), change: host => host with { HiddenFor = Outage / 3 });
        var tickets = await app.ReceiveAsync(Mails);
        await app.StartAsync();
        await app.AtWorkAsync(Pipeline.BatchSize);

        await before.StopAsync(Token);
        await Task.Delay(Outage, Token);
        await using var after = await StartAsync(setup with { Ports = before.Ports });
        await app.AreArchivedOnceAsync(tickets);
        Assert.NotEqual(0, app.Host.Calls.Failed(nameof(Triggers.ArchiveMail)));
    }

    private async Task<AzuriteProcess> StartAsync(AzuriteSetup setup) =>
        await AzuriteProcess.StartOrAdoptAsync(await azurite.ProgramAsync(), setup, TimeProvider.System, Token);
}
