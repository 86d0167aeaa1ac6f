using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Host.Commands;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;
using MailDepot.Host.Terminal;
using MailDepot.Notices;
using Microsoft.Extensions.Options;

namespace MailDepot.Host;

/// <summary>The command <c>maildepot</c>: all its verbs and their exit codes. No error ends in a stack trace.</summary>
internal static class MailDepotCommand
{
    public static RootCommand Root() => new("MailDepot keeps the mail that Microsoft 365 journals, for good.")
    {
        CommandLine.Json, CommandLine.Data,
        UpCommand.Make(), StatusCommand.Make(), Pop3Command.Make(), ContainerCommand.Make(), IndexCommand.Make(),
        ListCommand.Make(), ShowCommand.Make(), GetCommand.Make(), ReceiptCommand.Make(), InspectCommand.Make(),
        LogCommand.Make(), QuarantineCommand.Make(), FlaggedCommand.Make(), RereadCommand.Make(), NoticeCommand.Make(),
        RoleCommands.MakeSmtp(), RoleCommands.MakeWorker(),
    };

    /// <summary>Parses and runs; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            var wrong = parsed.UnmatchedTokens.Count > 0 ? $"There is no '{parsed.UnmatchedTokens[0]}' here." : parsed.Errors[0].Message;
            return await TellAsync(CommandLine.WrongUse, $"{wrong} See `{Path(parsed.CommandResult)} --help`.");
        }

        // With no timeout set, the parser leaves Ctrl-C and SIGTERM to the host that `up` runs.
        var running = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return await parsed.InvokeAsync(running, CancellationToken.None);
        }
        catch (OptionsValidationException wrong)
        {
            return await TellAsync(CommandLine.WrongUse, [.. wrong.Failures]);
        }
        catch (Exception wrong) when (ConfigurationFailure.Sentence(wrong) is { } sentence)
        {
            return await TellAsync(CommandLine.WrongUse, sentence);
        }
        catch (UsageException wrong)
        {
            return await TellAsync(CommandLine.WrongUse, [.. wrong.Errors]);
        }
        catch (CertificateException wrong)
        {
            return await TellAsync(CommandLine.WrongUse, wrong.Message);
        }
        catch (AccountException refused)
        {
            return await TellAsync(CommandLine.NotDone, [.. refused.Errors]);
        }
        catch (Exception failure)
        {
            var isSentence = failure is StartException or PasswordStoreException or NoticeException;
            return await TellAsync(
                CommandLine.NotDone,
                isSentence ? failure.Message
                    : StorageFailure.Sentence(failure, parsed) ?? $"That did not work: {Failure.Describe(failure)}.");
        }
    }

    private static async Task<int> TellAsync(int code, params string[] sentences)
    {
        foreach (var sentence in sentences)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: {sentence}");
        }

        return code;
    }

    /// <summary>The verb with all names above it: <c>maildepot pop3 edit</c>.</summary>
    private static string Path(CommandResult verb) =>
        verb.Parent is CommandResult above ? $"{Path(above)} {verb.Command.Name}" : CommandLine.Name;
}
