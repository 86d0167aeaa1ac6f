using Microsoft.Extensions.Logging;

namespace MailDepot.Functions.Tests.Worker;

/// <summary>What host and worker log of mails that are archived, which is telemetry that somebody pays for.</summary>
public sealed class WorkerLogTests(AzuriteFixture azurite, PublishedAppFixture published)
{
    [Fact]
    public async Task Nobody_is_warned_of_a_hundred_mails_that_are_archived()
    {
        await using var app = await HostedApp.CreateAsync(published, await azurite.NextAccountAsync());
        await app.StartAsync();
        var first = await app.ReceiveAsync(1);
        await app.AreArchivedOnceAsync(first);
        var started = app.Host.Log.Length; // the host's first start in an account finds that its own containers are missing

        var tickets = await app.ReceiveAsync(100, from: 1);
        await app.AreArchivedOnceAsync([.. first, .. tickets]);
        var warnings = app.Host.Log.Skip(started).Where(line => line.Level >= LogLevel.Warning);
        Assert.DoesNotContain(warnings, line => line.Category != "Azure.Core"); // which tells of an Azurite that is slow to answer
    }
}
