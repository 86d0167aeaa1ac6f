using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MailDepot.Base;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>
/// The settings of a mailbox that was added at run time, as JSON in one column. The format is that of the first version, so that earlier
/// and later ones read the same rows.
/// </summary>
internal static class MailboxDefinition
{
    private static readonly JsonSerializerOptions Format = new(DepotJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { UseFirstNames } },
    };

    public static string Write(MailboxOptions mailbox) => JsonSerializer.Serialize(mailbox, Format);

    /// <exception cref="JsonException">A later version wrote it, and this one can't read it.</exception>
    public static MailboxOptions? Read(string json) => JsonSerializer.Deserialize<MailboxOptions>(json, Format);

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
}
