using MailDepot.Host;

namespace MailDepot.Tests.Host;

/// <summary>The command, run in this process.</summary>
/// <remarks>It changes the console, the current folder and the environment, so only tests that run alone may use it.</remarks>
internal sealed record CommandRun(int Code, string Text, string Errors)
{
    /// <param name="folder">The current folder.</param>
    /// <param name="variables">Environment variables.</param>
    /// <param name="arguments">The verb and what follows it.</param>
    public static async Task<CommandRun> OfAsync(
        string folder, IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var (usualOutput, usualErrors, usualFolder) = (Console.Out, Console.Error, Environment.CurrentDirectory);
        try
        {
            Console.SetOut(output);
            Console.SetError(errors);
            Environment.CurrentDirectory = folder;
            foreach (var (name, value) in variables)
            {
                Environment.SetEnvironmentVariable(name, value);
            }

            var code = await MailDepotCommand.RunAsync(arguments);
            return new CommandRun(code, output.ToString(), errors.ToString());
        }
        finally
        {
            Console.SetOut(usualOutput);
            Console.SetError(usualErrors);
            Environment.CurrentDirectory = usualFolder;
            foreach (var name in variables.Keys)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }

    /// <summary>Runs it without environment variables.</summary>
    public static Task<CommandRun> OfAsync(string folder, params string[] arguments) =>
        OfAsync(folder, new Dictionary<string, string>(StringComparer.Ordinal), arguments);
}
