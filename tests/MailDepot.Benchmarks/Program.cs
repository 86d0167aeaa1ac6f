using System.CommandLine;
using MailDepot.Benchmarks.Ingest;
using MailDepot.Benchmarks.Parse;
using MailDepot.Benchmarks.Pop3;
using MailDepot.Benchmarks.Rebuild;
using MailDepot.Benchmarks.Smtp;
using MailDepot.Host.Local;

try
{
    var measures = new RootCommand("Measures of MailDepot.")
    {
        IngestCommand.Make(), ParseCommand.Make(), RebuildCommand.Make(), SmtpCommand.Make(), NullSpool.Make(), Pop3Command.Make(), CollectProcess.Make(),
    };
    return await measures.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (StartException wrong)
{
    await Console.Error.WriteLineAsync(wrong.Message);
    return 1;
}
