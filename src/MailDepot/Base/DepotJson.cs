using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MailDepot.Base;

/// <summary>How tickets, ledger lines and <c>--json</c> output are written.</summary>
public static class DepotJson
{
    /// <summary>Camel case, absent instead of null, words with hyphens for enums, letters of all languages as they are.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>An enum's value as it is written everywhere: <c>journal-uncertain</c>; flags with commas.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => string.Join(", ", value.ToString().Split(", ").Select(JsonNamingPolicy.KebabCaseLower.ConvertName));
}
