using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MailDepot.Tests.Guides;

/// <summary>
/// Makes a section of <c>src/guides/settings.md</c> from each class of options: key, values, default and meaning of each property.
/// </summary>
/// <remarks>Keys are complete, as start errors name them, so that a search finds them.</remarks>
internal static partial class SettingsTables
{
    /// <summary>The library's comments as the compiler wrote them, by member.</summary>
    private static readonly Lazy<Dictionary<string, XElement>> Comments = new(() =>
    {
        var file = Path.ChangeExtension(typeof(DepotOptions).Assembly.Location, ".xml");
        Assert.True(File.Exists(file), $"{file} is missing: build without -p:GenerateDocumentationFile=false.");
        return XDocument.Load(file).Descendants("member").Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!, StringComparer.Ordinal);
    });

    /// <summary>The section of a class, followed by those of the classes inside it.</summary>
    /// <param name="options">The class.</param>
    /// <param name="key">The configuration key of the section.</param>
    public static string Of(Type options, string key)
    {
        var usual = Activator.CreateInstance(options)!;
        var properties = options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite || IsList(property.PropertyType))
            .ToList();
        var page = new StringBuilder().Append(CultureInfo.InvariantCulture, $"## {key}\n\n{Meaning($"T:{options.FullName}")}\n\n");
        var own = properties.Where(property => !IsOptions(Item(property.PropertyType))).ToList();
        page.Append("| key | values | default | meaning |\n|---|---|---|---|\n");
        foreach (var property in own)
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{key}:{KeyOf(property)}` | {Values(Item(property.PropertyType))} ");
            page.Append(CultureInfo.InvariantCulture, $"| {Default(property.GetValue(usual))} | {Meaning(property)} |\n");
        }

        page.Append('\n');
        foreach (var choice in own.Where(property => Item(property.PropertyType).IsEnum))
        {
            page.Append(CultureInfo.InvariantCulture, $"Values of `{choice.Name}`:\n\n");
            foreach (var name in Enum.GetNames(choice.PropertyType))
            {
                var meaning = Meaning($"F:{choice.PropertyType.FullName}.{name}");
                page.Append(CultureInfo.InvariantCulture, $"- `{name.ToLowerInvariant()}`: {meaning}\n");
            }

            page.Append('\n');
        }

        foreach (var below in properties.Except(own))
        {
            page.Append(Of(Item(below.PropertyType), $"{key}:{KeyOf(below)}"));
        }

        return page.ToString();
    }

    private static string KeyOf(PropertyInfo property) => IsList(property.PropertyType) ? $"{property.Name}:N" : property.Name;

    private static bool IsList(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>);

    private static Type Item(Type type) => IsList(type) ? type.GetGenericArguments()[0] : type;

    private static bool IsOptions(Type type) => type.IsClass && type.Assembly == typeof(DepotOptions).Assembly;

    private static string Values(Type type) =>
        type == typeof(bool) ? "`true`, `false`"
        : type == typeof(int) || type == typeof(long) ? "whole number"
        : type == typeof(double) ? "number"
        : type == typeof(TimeSpan) ? "time, as `00:05:00`"
        : type.IsEnum ? string.Join(", ", Enum.GetNames(type).Select(name => $"`{name.ToLowerInvariant()}`"))
        : "text";

    private static string Default(object? value) => value switch
    {
        null or "" or System.Collections.IEnumerable and not string => "–",
        bool yes => yes ? "`true`" : "`false`",
        Enum word => $"`{word.ToString().ToLowerInvariant()}`",
        _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
    };

    private static string Meaning(PropertyInfo property) => Meaning($"P:{property.DeclaringType!.FullName}.{property.Name}");

    /// <summary>A comment as Markdown: code stays code, a reference becomes its last name.</summary>
    private static string Meaning(string member)
    {
        Assert.True(
            Comments.Value.TryGetValue(member, out var summary),
            $"{member} has no comment, and the guide to the settings is made from comments.");
        var text = new StringBuilder();
        foreach (var node in summary!.Nodes())
        {
            text.Append(node switch
            {
                XText words => words.Value,
                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
                _ => throw new InvalidOperationException($"The comment of {member} has a {node.NodeType} that the guide can't show."),
            });
        }

        return Blanks().Replace(text.ToString().Trim(), " ").Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Blanks();
}
