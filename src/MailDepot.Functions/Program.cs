using MailDepot.Functions;
using Microsoft.Extensions.Hosting;

await FunctionsApp.Create(args).Build().RunAsync();
