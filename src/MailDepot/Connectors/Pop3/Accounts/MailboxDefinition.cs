using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MailDepot.Base;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>
/// The settings of a mailbox that was added at run time, as JSON in one column. The format is that of the first version, so that earlier
/// and later ones read the same rows.
/// </summary>
internal static class MailboxDefinition
{
    private static readonly JsonSerializerOptions Format = MakeFormat();

    public static string Write(MailboxOptions mailbox) => JsonSerializer.Serialize(mailbox, Format);

    /// <exception cref="JsonException">A later version wrote it, and this one can't read it.</exception>
    public static MailboxOptions? Read(string json) => JsonSerializer.Deserialize<MailboxOptions>(json, Format);

    private static JsonSerializerOptions MakeFormat()
    {
        var format = new JsonSerializerOptions(DepotJson.Options)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { UseFirstNames } },
        };
        format.Converters.Insert(0, new FirstWord<MailboxSecurity>()); // the first that fits is used
        format.Converters.Insert(0, new FirstWord<MailboxAuthentication>());
        return format;
    }

    /// <summary>Two settings have been renamed since the first version.</summary>
    private static void UseFirstNames(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            property.Name = property.Name switch
            {
                "maxMailsPerRun" => "mailsARun",
                "maxBytesPerRun" => "bytesARun",
                var same => same,
            };
        }
    }

    /// <summary>Kebab case, with hyphens that the settings' own words don't have: <c>start-tls</c>, <c>xo-auth2</c>.</summary>
    private sealed class FirstWord<T> : JsonConverter<T>
        where T : struct, Enum
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType is JsonTokenType.String && Enum.TryParse<T>(
                reader.GetString()!.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var value) && Enum.IsDefined(value)
                ? value
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(JsonNamingPolicy.KebabCaseLower.ConvertName($"{value}"));
    }
}
