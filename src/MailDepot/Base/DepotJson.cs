using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MailDepot.Base;

/// <summary>The JSON format of tickets, ledger lines, events and <c>--json</c> output.</summary>
public static class DepotJson
{
    /// <summary>Camel case, no nulls, enums in kebab case, non-ASCII letters unescaped.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>An enum value as it is written everywhere: <c>journal-uncertain</c>; flags separated by commas.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => string.Join(", ", value.ToString().Split(", ").Select(JsonNamingPolicy.KebabCaseLower.ConvertName));
}
