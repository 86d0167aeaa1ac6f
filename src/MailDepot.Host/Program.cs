using MailDepot.Host;

return await MailDepotCommand.RunAsync(args);
