using MailDepot.Host.Terminal;

return await CommandLine.RunAsync(args);
