using MailDepot.Host.Commands;

return await CommandLine.RunAsync(args);
