using System.Globalization;
using System.Text.Json;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using NCrontab;

namespace MailDepot.Functions.Tests;

/// <summary>The list in <see cref="Pipeline"/>, the triggers, <c>host.json</c> and the settings sample agree.</summary>
public sealed class PipelineTests(AzuriteFixture azurite)
{
    private static JsonElement Host => Json("src/MailDepot.Functions/host.json");

    private static JsonElement Queues => Host.GetProperty("extensions").GetProperty("queues");

    [Fact]
    public async Task Every_piece_of_work_has_its_trigger_and_every_trigger_its_work()
    {
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync());
        var pipeline = app.Get<Pipeline>();
        var wanted = pipeline.Queues.Select(work => $"{work.Name} on queue {work.Queue.Name}")
            .Concat(pipeline.Jobs.Select(work => $"{work.Name} at {work.Schedule}"));
        var there = FunctionInvoker.Functions.Select(function =>
            FunctionInvoker.Trigger<QueueTriggerAttribute>(function.Value) is { } queue
                ? $"{function.Key} on queue {queue.QueueName}"
                : $"{function.Key} at {FunctionInvoker.Trigger<TimerTriggerAttribute>(function.Value)!.Schedule}");
        Assert.Equal(wanted.Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Timers_on_Azure_start_no_more_often_than_in_the_Host_and_at_least_every_five_minutes()
    {
        await using var app = await TestApp.CreateAsync(await azurite.NextAccountAsync());
        var noon = new DateTime(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);
        foreach (var job in app.Get<Pipeline>().Jobs)
        {
            var schedule = CrontabSchedule.Parse(job.Schedule, new CrontabSchedule.ParseOptions { IncludingSeconds = true });
            var times = schedule.GetNextOccurrences(noon, noon.AddHours(1)).ToList();
            var pauses = times.Zip(times.Skip(1), (one, next) => next - one).ToList();
            Assert.All(pauses, pause => Assert.InRange(pause, job.Every, TimeSpan.FromMinutes(5)));
        }
    }

    [Fact]
    public void Queue_messages_are_bytes()
    {
        var queues = FunctionInvoker.Functions.Values
            .Where(function => FunctionInvoker.Trigger<QueueTriggerAttribute>(function) is not null)
            .ToList();
        Assert.Equal(3, queues.Count);

        // Text and BinaryData are not binary-safe in the worker.
        Assert.All(queues, function => Assert.Equal(typeof(byte[]), function.GetParameters()[0].ParameterType));
    }

    [Fact]
    public void Queues_are_those_of_the_default_connection() =>
        Assert.All(FunctionInvoker.Functions.Values, function =>
        {
            var trigger = FunctionInvoker.Trigger<QueueTriggerAttribute>(function);
            Assert.Null(trigger?.GetType().GetProperty("Connection")?.GetValue(trigger));
        });

    [Fact]
    public void The_host_takes_batches_as_the_pumps_do()
    {
        Assert.Equal(Pipeline.BatchSize, Queues.GetProperty("batchSize").GetInt32());
        Assert.Equal(Pipeline.FetchBelow, Queues.GetProperty("newBatchThreshold").GetInt32());
        Assert.Equal(Pipeline.Visibility, Time(Queues.GetProperty("visibilityTimeout")));
        Assert.Equal(QueueWork.MaxAttempts, Queues.GetProperty("maxDequeueCount").GetInt32());
        Assert.Equal("none", Queues.GetProperty("messageEncoding").GetString());
        Assert.Equal(
            ["batchSize", "maxDequeueCount", "maxPollingInterval", "messageEncoding", "newBatchThreshold", "visibilityTimeout"],
            Queues.EnumerateObject().Select(setting => setting.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_host_leaves_telemetry_to_OpenTelemetry_and_time_for_the_largest_mail()
    {
        Assert.Equal(("2.0", "OpenTelemetry"), (Host.GetProperty("version").GetString(), Host.GetProperty("telemetryMode").GetString()));
        Assert.Equal(TimeSpan.FromMinutes(50), Time(Host.GetProperty("functionTimeout")));
    }

    [Fact]
    public void The_settings_sample_has_every_setting_of_the_app_and_no_other()
    {
        var sample = Sample();
        var own = sample.Keys.Where(key => key.StartsWith("MailDepot__", StringComparison.Ordinal))
            .Select(key => key["MailDepot__".Length..].Replace("__0__", "__", StringComparison.Ordinal));
        Assert.Equal(
            Settings(typeof(DepotOptions)).Except(ReadByTheHostAlone).Order(StringComparer.Ordinal),
            own.Order(StringComparer.Ordinal));
        Assert.Equal(
            ["APPLICATIONINSIGHTS_CONNECTION_STRING", "AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME", "Passwords__office"],
            sample.Keys.Where(key => !key.StartsWith("MailDepot__", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_settings_sample_is_valid_and_names_one_storage_twice()
    {
        var sample = Sample();
        var settings = sample.ToDictionary(
            setting => setting.Key.Replace("__", ":", StringComparison.Ordinal), setting => (string?)setting.Value, StringComparer.Ordinal);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var options = new DepotOptions();
        configuration.GetSection(DepotOptions.Section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        Assert.Empty(new DepotOptionsCheck().Validate(null, options).Failures ?? []);
        Assert.Empty(MailboxOptionsCheck.CollectorErrors(options.Mailboxes, configuration));
        Assert.Equal("dotnet-isolated", sample["FUNCTIONS_WORKER_RUNTIME"]);
        Assert.Equal(sample["AzureWebJobsStorage"], options.WorkStorage); // the triggers' queues are the connectors'
    }

    /// <summary>The SMTP endpoint, its health port, its container's grace period, and the Azurite of <c>up</c>.</summary>
    private static IEnumerable<string> ReadByTheHostAlone =>
    [
        nameof(DepotOptions.Azurite),
        nameof(DepotOptions.GraceSeconds),
        nameof(DepotOptions.HealthPort),
        .. Settings(typeof(SmtpOptions)).Select(name => $"{nameof(DepotOptions.Smtp)}__{name}"),
    ];

    private static JsonElement Json(string path) => JsonDocument.Parse(File.ReadAllText(Clone.Path(path))).RootElement;

    private static TimeSpan Time(JsonElement text) => TimeSpan.Parse(text.GetString()!, CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Sample() =>
        Json("local.settings.sample.json").GetProperty("Values").EnumerateObject()
            .ToDictionary(value => value.Name, value => value.Value.GetString()!, StringComparer.Ordinal);

    /// <summary>The settings of a section and of the sections in it; a list's entries have no number.</summary>
    private static IEnumerable<string> Settings(Type section) => section.GetProperties().SelectMany(property => property.PropertyType switch
    {
        var list when list == typeof(IList<string>) => [$"{property.Name}__0"],
        { IsGenericType: true } list when list.GetGenericTypeDefinition() == typeof(IList<>) =>
            Settings(list.GetGenericArguments()[0]).Select(name => $"{property.Name}__{name}"),
        { IsClass: true } part when part != typeof(string) =>
            Settings(part).Select(name => $"{property.Name}__{name}"),
        _ => [property.Name],
    });
}
