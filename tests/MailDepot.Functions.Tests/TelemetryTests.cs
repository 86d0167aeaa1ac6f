using System.Diagnostics;
using MailDepot.Base;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MailDepot.Functions.Tests;

/// <summary>What an exporter gets from the deployed app for one mail, collected in memory.</summary>
/// <remarks>The process has one source of traces: an exporter sees the mails of every test.</remarks>
[Collection<Alone>]
public sealed class TelemetryTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private readonly List<Activity> spans = [];
    private readonly List<Metric> metrics = [];
    private readonly List<LogRecord> logs = [];

    [Fact]
    public async Task A_mails_path_is_one_trace_with_its_storage_calls_under_each_step()
    {
        var mailbox = dovecot.NextMailbox();
        mailbox.Put(A.Mail().Bytes());
        await using var app = await CollectedAsync(mailbox.Settings(), ratio: 1);
        app.Get<TracerProvider>().ForceFlush();

        var spool = Assert.Single(spans, span => span.OperationName == "spool");
        Assert.Equal(default, spool.ParentSpanId); // not part of the visit, which may collect other mails too
        Assert.Equal(["queue put"], ChildrenOf(spool));
        var archive = Assert.Single(spans, span => span.OperationName == "archive");
        Assert.Equal((spool.TraceId, spool.SpanId, ActivityKind.Consumer), (archive.TraceId, archive.ParentSpanId, archive.Kind));
        Assert.Equal(
            ["blob append", "blob put", "table transaction", "table upsert"],
            ChildrenOf(archive).Distinct().Order(StringComparer.Ordinal));
        Assert.All(spans.Where(span => span.TraceId == spool.TraceId), span => Assert.Equal(ActivityStatusCode.Unset, span.Status));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    public async Task A_trace_is_kept_or_dropped_as_a_whole_by_its_ratio_whatever_the_exporter_samples(double ratio, int steps)
    {
        var mailbox = dovecot.NextMailbox();
        mailbox.Put(A.Mail().Bytes());
        var settings = mailbox.Settings();
        settings["APPLICATIONINSIGHTS_CONNECTION_STRING"] =
            "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=http://127.0.0.1:9/";
        await using var app = await CollectedAsync(settings, ratio);
        app.Get<TracerProvider>().ForceFlush();
        Assert.Equal(steps, spans.Count(span => span.OperationName is "spool" or "archive"));
    }

    /// <summary>The Functions host is the parent of each call, and sets that flag as it likes.</summary>
    [Theory]
    [InlineData(0, true, 0)]
    [InlineData(0, false, 0)]
    [InlineData(1, true, 1)]
    [InlineData(1, false, 1)]
    public async Task A_trace_is_kept_by_our_ratio_whatever_the_host_says(double ratio, bool hostSamples, int kept)
    {
        await using var app = await CollectedAsync(new(StringComparer.Ordinal), ratio);
        var flag = hostSamples ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None;
        var host = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flag, isRemote: true);
        Telemetry.Source.StartActivity("call", ActivityKind.Server, host)?.Dispose();
        app.Get<TracerProvider>().ForceFlush();
        Assert.Equal(kept, spans.Count(span => span.TraceId == host.TraceId));
    }

    [Fact]
    public async Task Every_instrument_that_a_mail_touches_says_what_it_counts()
    {
        var mailbox = dovecot.NextMailbox();
        mailbox.Put(A.Mail().Bytes());
        await using var app = await CollectedAsync(mailbox.Settings(), ratio: 0);
        await app.TickAsync(nameof(Triggers.Housekeeping));
        app.Get<MeterProvider>().ForceFlush();

        var seen = metrics.Select(metric => $"{metric.Name} {metric.Unit}").Distinct().ToHashSet(StringComparer.Ordinal);
        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal)
            {
                "maildepot.received {mail}", "maildepot.received.bytes By", "maildepot.archived {receipt}", "maildepot.archive.duration s",
                "maildepot.pop3.polls {poll}", "maildepot.pop3.waiting {mail}", "maildepot.queue.depth {message}",
                "maildepot.queue.oldest.age s", "maildepot.quarantine.size {ticket}", "maildepot.storage.requests {request}",
            },
            seen);
        Assert.All(metrics, metric => Assert.StartsWith("maildepot.", metric.Name, StringComparison.Ordinal));
        Assert.All(metrics, metric => Assert.True(metric.Unit.Length > 0 && metric.Description.Length > 0, metric.Name));
    }

    [Theory]
    [InlineData(false, "from mailbox (address) by")]
    [InlineData(true, "from mailbox anna@example.com by")]
    public async Task Logs_carry_what_went_wrong_and_no_address_unless_a_setting_lets_them(bool addresses, string expected)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["MailDepot:Telemetry:Addresses"] = $"{addresses}" };
        await using var app = await CollectedAsync(settings, ratio: 0);
        var events = app.Get<Events.DepotEvents>();
        events.Write(Events.EventKind.Archived, Guid.Empty, "Archived: offer for bert@example.com");
        events.Write(Events.EventKind.Failed, Guid.Empty, "A mail from mailbox anna@example.com by POP3 did not get through.");

        var record = Assert.Single(logs);
        Assert.Equal(LogLevel.Warning, record.LogLevel);
        Assert.Contains(expected, record.FormattedMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_entry_reads_as_in_the_log_of_the_depot()
    {
        await using var app = await CollectedAsync(new(StringComparer.Ordinal), ratio: 0);
        var events = app.Get<Events.DepotEvents>();
        var id = Tickets.Id(1);
        events.Write(Events.EventKind.Failed, id, "Not archived yet: storage does not answer. It is tried again.");
        events.Write(Events.EventKind.Warned, Guid.Empty, "The certificate ends tomorrow.");
        Assert.Equal(
            [$"Failed {id} Not archived yet: storage does not answer. It is tried again.", "Warned The certificate ends tomorrow."],
            logs.Select(record => record.FormattedMessage));
    }

    /// <summary>An app that has collected and archived what was in its mailbox, if it has one.</summary>
    private async Task<TestApp> CollectedAsync(Dictionary<string, string?> settings, double ratio)
    {
        settings["MailDepot:Telemetry:TraceRatio"] = ratio.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var app = await TestApp.CreateAsync(await azurite.NextAccountAsync(), settings, Collect);
        _ = (app.Get<TracerProvider>(), app.Get<MeterProvider>(), app.Get<LoggerProvider>()); // made when a host starts
        await app.TickAsync(nameof(Triggers.PollPop3));
        await app.DrainAsync(nameof(Triggers.CollectMailbox));
        await app.DrainAsync(nameof(Triggers.ArchiveMail));
        return app;
    }

    private void Collect(FunctionsApplicationBuilder builder)
    {
        builder.Services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddInMemoryExporter(spans));
        builder.Services.ConfigureOpenTelemetryMeterProvider(meters => meters.AddInMemoryExporter(metrics));
        builder.Services.ConfigureOpenTelemetryLoggerProvider(writers => writers.AddInMemoryExporter(logs));
    }

    private IEnumerable<string> ChildrenOf(Activity parent) => spans
        .Where(span => span.ParentSpanId == parent.SpanId)
        .Select(span => span.OperationName)
        .Where(name => name != "archive");
}
