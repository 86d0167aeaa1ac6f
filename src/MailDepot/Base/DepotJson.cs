using System.Collections.Frozen;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MailDepot.Base;

/// <summary>The JSON format of tickets, ledger lines, events and <c>--json</c> output.</summary>
public static class DepotJson
{
    /// <summary>Camel case, no nulls, enums in kebab case unless an attribute names them, non-ASCII letters unescaped.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>
    /// An enum value as it is written everywhere: <c>journal-uncertain</c>, or the name that
    /// <see cref="JsonStringEnumMemberNameAttribute"/> gives it; flags separated by commas.
    /// </summary>
    public static string Word<T>(T value)
        where T : struct, Enum => string.Join(", ", value.ToString().Split(", ").Select(Words<T>.Of));

    /// <summary>The same for a value that was stored under its name in the code: <c>never-succeeded</c>.</summary>
    public static string Word(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);

    private static class Words<T>
        where T : struct, Enum
    {
        private static readonly FrozenDictionary<string, string> ByName = Enum.GetNames<T>().ToFrozenDictionary(
            name => name,
            name => typeof(T).GetField(name)?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
                ?? JsonNamingPolicy.KebabCaseLower.ConvertName(name),
            StringComparer.Ordinal);

        /// <summary>The word for a name; a number without a name stays one.</summary>
        public static string Of(string name) => ByName.GetValueOrDefault(name, name);
    }
}
