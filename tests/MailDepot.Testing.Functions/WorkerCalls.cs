using System.Collections.Concurrent;
using System.Text.Json;
using Google.Protobuf;
using MailDepot.Testing.Functions.Rpc;
using Microsoft.Azure.WebJobs;

namespace MailDepot.Testing.Functions;

/// <summary>Passes what the listeners get on to the worker, and counts how that ends.</summary>
public sealed class WorkerCalls
{
    /// <summary>What the Functions host sends for a timer that is not late.</summary>
    private const string Tick = """{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}""";

    private readonly WorkerKeeper workers;
    private readonly ConcurrentDictionary<string, int> succeeded = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> failed = new(StringComparer.Ordinal);

    internal WorkerCalls(WorkerKeeper workers) => this.workers = workers;

    /// <summary>Calls of a function that returned.</summary>
    public int Succeeded(string function) => succeeded.GetValueOrDefault(function);

    /// <summary>Calls of a function that failed, were cancelled, or ended with their worker.</summary>
    public int Failed(string function) => failed.GetValueOrDefault(function);

    /// <summary>Hands a queue's message to a function.</summary>
    public Task HandleAsync(string function, byte[] message, Binder binder, CancellationToken ct) => CallAsync(
        function, new TypedData { Bytes = ByteString.CopyFrom(message) },
        binder.BindingData.Select(data => KeyValuePair.Create(data.Key, Data(data.Value))), ct);

    /// <summary>A timer starts a function.</summary>
    public Task TickAsync(string function, CancellationToken ct) => CallAsync(function, new TypedData { Json = Tick }, [], ct);

    private async Task CallAsync(
        string function, TypedData trigger, IEnumerable<KeyValuePair<string, TypedData>> metadata, CancellationToken ct)
    {
        try
        {
            var worker = await workers.CurrentAsync(ct);
            await worker.CallAsync(function, trigger, metadata, ct);
            succeeded.AddOrUpdate(function, 1, (_, count) => count + 1);
        }
        catch
        {
            failed.AddOrUpdate(function, 1, (_, count) => count + 1);
            throw;
        }
    }

    /// <summary>The worker reads numbers and times from JSON only.</summary>
    private static TypedData Data(object? value) =>
        value is string text ? new TypedData { String = text } : new TypedData { Json = JsonSerializer.Serialize(value) };
}
