using System.Text.Json;
using System.Text.RegularExpressions;

namespace MailDepot.Host;

/// <summary>Turns an error of the configuration, its files or its binder, into one sentence that names the file or the key.</summary>
internal static partial class ConfigurationFailure
{
    /// <summary>The sentence; null if the exception has another cause.</summary>
    /// <remarks>For an entry of a list the binder wraps its error in another one that names no key.</remarks>
    public static string? Sentence(Exception failure)
    {
        if (failure is InvalidDataException && UnreadableFile().Match(failure.Message) is { Success: true } file)
        {
            return FileSentence(Path.GetFileName(file.Groups["path"].Value), failure.InnerException);
        }

        if (failure.InnerException is { } cause && Sentence(cause) is { } sentence)
        {
            return sentence;
        }

        if (Misfit().Match(failure.Message) is { Success: true } misfit)
        {
            return $"{misfit.Groups["key"]} is '{misfit.Groups["value"]}': {Expected(misfit.Groups["type"].Value)} is needed.";
        }

        return Unknown().Match(failure.Message) is { Success: true } unknown
            ? UnknownSentence(
                unknown.Groups["type"].Value,
                [.. Quoted().Matches(unknown.Groups["names"].Value).Select(name => name.Groups["name"].Value)])
            : null;
    }

    /// <param name="type">Full name of the options that lack them.</param>
    /// <param name="names">Keys that nothing reads; the binder does not say in which entry of a list they are.</param>
    private static string UnknownSentence(string type, string[] names)
    {
        var section = SectionOf(type, typeof(DepotOptions), DepotOptions.Section);
        var keys = names.Select(name => section is null ? name : $"{section}:{name}");
        return $"There is no setting {string.Join(" or ", keys)}: check the spelling; src/guides/settings.md lists the settings.";
    }

    /// <summary>The section that a type of options is for, in <paramref name="options"/> or below; null if they aren't there.</summary>
    /// <param name="type">The full name of the type.</param>
    /// <param name="options">Where to look.</param>
    /// <param name="section">The section of <paramref name="options"/>; <c>N</c> is any entry of a list.</param>
    private static string? SectionOf(string type, Type options, string section)
    {
        if (options.FullName == type)
        {
            return section;
        }

        var parts = from property in options.GetProperties()
                    let entry = property.PropertyType.GenericTypeArguments.FirstOrDefault()
                    let part = entry ?? property.PropertyType
                    where part.Assembly == typeof(DepotOptions).Assembly
                    select SectionOf(type, part, $"{section}:{property.Name}{(entry is null ? "" : ":N")}");
        return parts.FirstOrDefault(found => found is not null);
    }

    /// <param name="file">Its name.</param>
    /// <param name="cause">A <see cref="FormatException"/>. If the file is not valid JSON, the parser's error is in it.</param>
    private static string FileSentence(string file, Exception? cause) =>
        cause?.InnerException is JsonException { LineNumber: { } line, BytePositionInLine: var position }
            ? $"{file} is not valid JSON (line {line + 1}, column {position + 1}): correct it."
            : $"{file} can't be read as settings ({cause?.Message.TrimEnd('.')}): correct it.";

    private static string Expected(string type) => type switch
    {
        "System.Boolean" => "true or false",
        "System.Int32" or "System.Int64" => "a whole number",
        "System.TimeSpan" => "a time span such as 00:05:00",
        _ when typeof(DepotOptions).Assembly.GetType(type) is { IsEnum: true } words =>
            OneOf([.. Enum.GetNames(words).Select(word => word.ToLowerInvariant())]),
        _ => "another kind of value",
    };

    private static string OneOf(string[] words) => $"{string.Join(", ", words[..^1])} or {words[^1]}";

    [GeneratedRegex(
        @"convert configuration value '(?<value>.*)' at '(?<key>[^']+)' to type '(?<type>[\w.]+)'",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Misfit();

    [GeneratedRegex(
        @"were not found on the instance of (?<type>[\w.]+): (?<names>.+)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Unknown();

    [GeneratedRegex(
        "load configuration from file '(?<path>.+)'",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex UnreadableFile();

    [GeneratedRegex("'(?<name>[^']+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Quoted();
}
