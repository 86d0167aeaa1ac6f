using System.Text.Json;
using MailDepot.Testing.Functions.Rpc;

namespace MailDepot.Testing.Functions;

/// <summary>A function as its worker describes it.</summary>
/// <param name="Name">Under which the host knows it.</param>
/// <param name="Id">Under which the worker knows it.</param>
/// <param name="Parameter">Name of the parameter that gets what triggered it.</param>
/// <param name="Trigger"><c>queueTrigger</c> or <c>timerTrigger</c>.</param>
/// <param name="Source">The queue's name or the timer's schedule.</param>
public sealed record AppFunction(string Name, string Id, string Parameter, string Trigger, string Source)
{
    /// <summary>Reads the one binding that is a trigger.</summary>
    internal static AppFunction Of(FunctionMetadata metadata)
    {
        var trigger = metadata.RawBindings.Select(binding => JsonDocument.Parse(binding).RootElement)
            .Single(binding => Text(binding, "type").EndsWith("Trigger", StringComparison.OrdinalIgnoreCase));
        var source = trigger.TryGetProperty("queueName", out var queue) ? queue.GetString()! : Text(trigger, "schedule");
        return new(metadata.Name, metadata.FunctionId, Text(trigger, "name"), Text(trigger, "type"), source);
    }

    private static string Text(JsonElement binding, string name) => binding.GetProperty(name).GetString()!;
}
