using System.CommandLine;
using System.CommandLine.Help;
using MailDepot.Benchmarks;
using MailDepot.Benchmarks.Functions;
using MailDepot.Benchmarks.Ingest;
using MailDepot.Benchmarks.Parse;
using MailDepot.Benchmarks.Pop3;
using MailDepot.Benchmarks.Rebuild;
using MailDepot.Benchmarks.Smtp;
using MailDepot.Host.Local;
using CommandLine = MailDepot.Host.Terminal.CommandLine;

try
{
    var benchmarks = new RootCommand("Benchmarks of MailDepot.")
    {
        IngestCommand.Make(), ParseCommand.Make(), RebuildCommand.Make(), SmtpCommand.Make(), Pop3Command.Make(),
        FunctionsCommand.Make(),
        NullSpool.Make(), CollectProcess.Make(),
    };
    var parsed = benchmarks.Parse(args);
    var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    return parsed.Errors.Count > 0 && parsed.Action is not HelpAction ? CommandLine.WrongUse : code;
}
catch (StartException wrong)
{
    await Console.Error.WriteLineAsync(wrong.Message);
    return CommandLine.WrongUse; // NotDone is a missed goal or a broken run
}
catch (BrokenRunException broken)
{
    await Console.Error.WriteLineAsync(broken.Message);
    return CommandLine.NotDone;
}
