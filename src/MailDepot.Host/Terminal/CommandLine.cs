using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Host.Commands;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;
using MailDepot.Notices;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Terminal;

/// <summary>The command <c>maildepot</c>: its verbs, its common options, and how it ends.</summary>
/// <remarks>Exit codes: 0 done, 1 it could not be done or found, 2 wrong usage or configuration. Never a stack trace.</remarks>
internal static class CommandLine
{
    public const int Done = 0;
    public const int NotDone = 1;
    public const int WrongUse = 2;

    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON for programs instead of text for people.", Recursive = true };

    public static readonly Option<string?> Data = new("--data")
    {
        HelpName = "DIR",
        Description = "Folder of the local depot. Default: the nearest .maildepot from here upwards, else ./.maildepot.",
        Recursive = true,
    };

    /// <summary>All verbs, as they are parsed.</summary>
    public static RootCommand Root() => new("MailDepot keeps the mail that Microsoft 365 journals, for good.")
    {
        Json, Data,
        UpCommand.Make(), StatusCommand.Make(), Pop3Command.Make(), ContainerCommand.Make(), IndexCommand.Make(), ListCommand.Make(), ShowCommand.Make(), GetCommand.Make(), ReceiptCommand.Make(), InspectCommand.Make(),
        LogCommand.Make(), QuarantineCommand.Make(), FlaggedCommand.Make(), RereadCommand.Make(), NoticeCommand.Make(), RoleCommands.MakeSmtp(), RoleCommands.MakeWorker(),
    };

    /// <summary>Parses and runs; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            var wrong = parsed.UnmatchedTokens.Count > 0 ? $"There is no '{parsed.UnmatchedTokens[0]}' here." : parsed.Errors[0].Message;
            return await TellAsync(WrongUse, $"{wrong} See `{Name} {Verb(parsed)}--help`.");
        }

        // Without a limit of its own the parser leaves Ctrl-C and SIGTERM to the host that `up` runs.
        var running = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return await parsed.InvokeAsync(running, CancellationToken.None);
        }
        catch (OptionsValidationException wrong)
        {
            return await TellAsync(WrongUse, [.. wrong.Failures]);
        }
        catch (InvalidOperationException wrong) when (ConfigurationFailure.Sentence(wrong) is { } sentence)
        {
            return await TellAsync(WrongUse, sentence);
        }
        catch (Exception wrong) when (wrong is UsageException or CertificateException)
        {
            return await TellAsync(WrongUse, wrong.Message);
        }
        catch (AccountException refused)
        {
            return await TellAsync(NotDone, [.. refused.Errors]);
        }
        catch (Exception failure)
        {
            return await TellAsync(NotDone, failure is StartException or PasswordStoreException or NoticeException ? failure.Message : $"That did not work: {Failure.Describe(failure)}.");
        }
    }

    /// <summary>A number on the command line, from zero up; anything else is one sentence.</summary>
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

    /// <summary>The name under which a person called this program.</summary>
    public static string Name => "maildepot";

    private static async Task<int> TellAsync(int code, params string[] sentences)
    {
        foreach (var sentence in sentences)
        {
            await Console.Error.WriteLineAsync($"{Name}: {sentence}");
        }

        return code;
    }

    private static string Verb(ParseResult parsed) => parsed.CommandResult.Command is RootCommand ? "" : $"{parsed.CommandResult.Command.Name} ";
}

/// <summary>The command was called in a way that can't work. The message says how it can.</summary>
internal sealed class UsageException(string message) : Exception(message);
