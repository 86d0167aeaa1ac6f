using System.CommandLine;
using MailDepot.Benchmarks.Ingest;

return await new RootCommand("Measures of MailDepot.") { IngestCommand.Make() }.Parse(args).InvokeAsync();
