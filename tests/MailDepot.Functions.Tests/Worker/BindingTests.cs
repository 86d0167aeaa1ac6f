using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace MailDepot.Functions.Tests.Worker;

/// <summary>What the Functions host is told about the app: in <c>functions.metadata</c>, and by the worker when it starts.</summary>
public sealed class BindingTests(AzuriteFixture azurite, PublishedAppFixture published)
{
    [Fact]
    public async Task Every_function_of_the_published_app_is_bound_as_the_pipeline_says()
    {
        var metadata = JsonDocument.Parse(await File.ReadAllTextAsync(
            Path.Combine(await published.FolderAsync(), "functions.metadata"), TestContext.Current.CancellationToken));
        var there = metadata.RootElement.EnumerateArray().Select(function => $"{function.GetProperty("name")}: {Binding(function)}");
        Assert.Equal((await WantedAsync()).Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));

        static string Binding(JsonElement function)
        {
            var binding = Assert.Single(function.GetProperty("bindings").EnumerateArray());
            Assert.Equal("In", binding.GetProperty("direction").GetString(), ignoreCase: true);
            return binding.GetProperty("type").GetString() switch
            {
                "queueTrigger" => $"{binding.GetProperty("dataType")} from queue {binding.GetProperty("queueName")}{Connection(binding)}",
                var other => $"{other} {binding.GetProperty("schedule")}",
            };
        }

        // without one, the queue is in the host's own account
        static string Connection(JsonElement binding) => binding.TryGetProperty("connection", out var named) ? $" of {named}" : "";
    }

    /// <summary>Code compiled ahead of time has a native header in the file (ECMA-335 §II.25.3.3, ManagedNativeHeader).</summary>
    [Theory]
    [InlineData("MailDepot.Functions.dll")]
    [InlineData("Azure.Storage.Blobs.dll")]
    public async Task The_published_app_is_compiled_ahead_of_time(string file)
    {
        await using var stream = File.OpenRead(Path.Combine(await published.FolderAsync(), file));
        using var assembly = new PEReader(stream);
        Assert.NotEqual(0, assembly.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
    }

    [Fact]
    public async Task The_worker_names_the_same_functions_as_the_file_beside_it()
    {
        await using var app = await HostedApp.CreateAsync(published, await azurite.NextAccountAsync());
        await app.StartAsync();
        var there = app.Host.Functions.Select(function => function.Trigger == "queueTrigger"
            ? $"{function.Name}: Binary from queue {function.Source}"
            : $"{function.Name}: {function.Trigger} {function.Source}");
        Assert.Equal((await WantedAsync()).Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));
    }

    private async Task<IEnumerable<string>> WantedAsync()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var pipeline = depot.Get<Pipeline>();
        return [
            .. pipeline.Queues.Select(work => $"{work.Name}: Binary from queue {work.Queue.Name}"),
            .. pipeline.Jobs.Select(job => $"{job.Name}: timerTrigger {job.Schedule}"),
        ];
    }
}
