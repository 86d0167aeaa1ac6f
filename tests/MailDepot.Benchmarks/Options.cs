using System.CommandLine;

namespace MailDepot.Benchmarks;

/// <summary>Options that several benchmarks have.</summary>
internal static class Options
{
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document instead of tables." };

    public static Option<int> Number(string name, string description, int usual) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => usual,
    };

    /// <summary>One or more numbers after the option's name.</summary>
    public static Option<int[]> Numbers(string name, string description, IReadOnlyList<int> usual) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => [.. usual],
        AllowMultipleArgumentsPerToken = true,
    };
}
