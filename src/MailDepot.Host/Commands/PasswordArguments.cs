using System.CommandLine;
using MailDepot.Host.Terminal;
using Spectre.Console;

namespace MailDepot.Host.Commands;

/// <summary>
/// How a verb gets a password: typed without an echo, from standard input, or as the name of a setting.
/// Never as an argument, which others on the machine can see.
/// </summary>
internal sealed class PasswordArguments
{
    private readonly Option<bool> prompt = new("--password") { Description = "Ask for the password." };
    private readonly Option<bool> input = new("--password-stdin") { Description = "Read the password from standard input, one line." };
    private readonly Option<string?> setting = new("--password-setting")
    {
        HelpName = "KEY",
        Description = "Name of a setting that holds the password where mailboxes are collected, for example Passwords:office.",
    };

    /// <summary>Adds the options to the verb.</summary>
    public PasswordArguments(Command command)
    {
        command.Add(prompt);
        command.Add(input);
        command.Add(setting);
    }

    /// <summary>The name of the setting; null if none was given.</summary>
    public string? Setting(ParseResult parsed) => parsed.GetValue(setting);

    /// <summary>The password that was typed or piped in; null if there is none.</summary>
    /// <param name="required">Ask for it if no option was given.</param>
    public async Task<string?> ReadAsync(ParseResult parsed, bool required, CancellationToken ct)
    {
        var (typed, piped, named) = (parsed.GetValue(prompt), parsed.GetValue(input), Setting(parsed) is not null);
        if ((typed ? 1 : 0) + (piped ? 1 : 0) + (named ? 1 : 0) > 1)
        {
            throw new UsageException("Give one of --password, --password-stdin and --password-setting.");
        }

        var password = piped ? await Console.In.ReadLineAsync(ct) ?? "" : typed || (required && !named) ? await AskAsync(ct) : null;
        return password is "" ? throw new UsageException("The password is empty.") : password;
    }

    private static async Task<string> AskAsync(CancellationToken ct)
    {
        if (Console.IsInputRedirected)
        {
            throw new UsageException(
                "There is no terminal to ask for a password: give it with --password-stdin, "
                + "or name the setting that holds it with --password-setting.");
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.PromptAsync(new TextPrompt<string>("Password:").AllowEmpty().Secret(mask: null), ct);
    }
}
