using System.CommandLine;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;
using MailDepot.Testing.Functions;

namespace MailDepot.Benchmarks.Functions;

/// <summary><c>functions</c>: the published Functions app in its real worker, compared with <c>maildepot worker</c>.</summary>
internal static class FunctionsCommand
{
    /// <summary>The app's project; relative to the repository's top folder.</summary>
    private static readonly string Project = Path.Combine("src", "MailDepot.Functions");

    public static Command Make()
    {
        var usual = new FunctionsPlan();
        var json = Options.Json();
        var mails = Options.Number("--mails", "Mails that each worker archives in each round; the second half is timed.", usual.Mails);
        var kilobytes = Options.Number("--kb", "Size of a mail in KB (1,000 bytes).", usual.Kilobytes);
        var rounds = Options.Number("--rounds", "Rounds; each worker runs once in each.", usual.Rounds);
        var smoke = Smoke.Option();
        var command = new Command("functions", "The Functions app in its real worker, compared with `maildepot worker`.")
        {
            json, mails, kilobytes, rounds, smoke,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var plan = parsed.GetValue(smoke) ? FunctionsPlan.Smoke : usual with
            {
                Mails = parsed.GetValue(mails),
                Kilobytes = parsed.GetValue(kilobytes),
                Rounds = parsed.GetValue(rounds),
            };
            var figures = await MeasureAsync(plan, ct);
            if (parsed.GetValue(json))
            {
                Output.Json(figures);
            }
            else
            {
                FunctionsTables.Print(figures);
            }
        });
        return command;
    }

    private static async Task<FunctionsFigures> MeasureAsync(FunctionsPlan plan, CancellationToken ct)
    {
        if (plan.Mails < 2 || plan.Rounds < 1)
        {
            throw new StartException("There is nothing to measure: give at least two mails and one round.");
        }

        if (!Directory.Exists(Project))
        {
            throw new StartException($"{Project} is not here: run this benchmark in the repository's top folder.");
        }

        var azurite = await FreshAzurite.FindAsync(Say, ct);
        var app = Directory.CreateTempSubdirectory("maildepot-functions-");
        try
        {
            Say("publishing …");
            await PublishedApp.PublishAsync(Project, app.FullName, ct);
            return await new FunctionsRun(azurite, app.FullName, plan, TimeProvider.System, Say).MeasureAsync(ct);
        }
        finally
        {
            app.Delete(recursive: true);
        }
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
