using System.Collections.Concurrent;
using System.Diagnostics;
using MailDepot.Base;
using MailDepot.Storage;

namespace MailDepot.Tests.Base;

public sealed class TelemetryTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task The_trace_that_starts_at_the_connector_goes_on_in_the_archiver()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var ticket = await depot.ReceiveAsync(A.Mail().Bytes());
        await depot.ArchiveAllAsync();

        var spool = Assert.Single(ended, activity => activity.Id == ticket.Trace);
        var archive = Assert.Single(ended, activity => activity.ParentId == ticket.Trace && activity.Kind is ActivityKind.Consumer);
        Assert.Equal(("spool", "archive", spool.TraceId), (spool.OperationName, archive.OperationName, archive.TraceId));
    }

    [Fact]
    public async Task Requests_to_storage_are_counted_by_operation()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.ReceiveAsync(A.Mail().Bytes());
        await depot.ArchiveAllAsync();
        var requests = depot.Get<RequestCounter>().Requests;
        Assert.Equal((1, 1, 1), (requests["queue put"], requests["queue delete"], requests["blob append"]));
        Assert.Equal(2, requests["blob put"]); // the document, and the ledger's file of this hour
        Assert.Equal(1, requests["table transaction"]);
        Assert.True(depot.Get<RequestCounter>().BytesSent > 1_000);
    }
}
