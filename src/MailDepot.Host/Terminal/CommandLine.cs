using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace MailDepot.Host.Terminal;

/// <summary>What all verbs of the command <c>maildepot</c> have in common: its name, options and exit codes.</summary>
/// <remarks>Exit codes: 0 done, 1 it could not be done or found, 2 wrong usage or configuration.</remarks>
internal static class CommandLine
{
    public const int Done = 0;
    public const int NotDone = 1;
    public const int WrongUse = 2;

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print JSON for programs instead of text for people.",
        Recursive = true,
    };

    public static readonly Option<string?> Data = new("--data")
    {
        HelpName = "DIR",
        Description = "Folder of the local depot. Default: the nearest .maildepot from here upwards, else ./.maildepot.",
        Recursive = true,
    };

    /// <summary>Parses a number from zero up; anything else is an error on the command line.</summary>
    public static int? Number(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        result.AddError($"'{text}' is no number.");
        return null;
    }

    /// <summary>The program's name as people type it.</summary>
    public static string Name => "maildepot";
}

/// <summary>The command was called in a way that can't work. Each sentence says what to do instead.</summary>
internal sealed class UsageException(params string[] sentences) : Exception(string.Join(' ', sentences))
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<string> Errors => sentences;
}
