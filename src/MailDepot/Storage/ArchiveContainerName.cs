using System.Text.RegularExpressions;

namespace MailDepot.Storage;

/// <summary>What an archive container may be called.</summary>
public static partial class ArchiveContainerName
{
    /// <summary>Characters: a blob container's 63 without <c>archive-</c>.</summary>
    public const int MaxLength = 55;

    /// <summary>What a name has, as the end of a sentence for people.</summary>
    public static readonly string Rule = $"1 to {MaxLength} lower-case letters, digits and single hyphens";

    /// <summary>Whether an archive container may have this name.</summary>
    public static bool IsValid(string name) => name.Length <= MaxLength && Form().IsMatch(name);

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Form();
}
