using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MailDepot.Archive;
using MailDepot.Host.Terminal;
using MailDepot.Index;
using MailDepot.Spool;
using MailDepot.Views;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot smtp test</c>: one mail through the SMTP endpoint into the archive, hop by hop.</summary>
internal static class SmtpTestCommand
{
    private const int DefaultSeconds = 60;

    /// <summary>A day.</summary>
    private const int MaxSeconds = 86_400;

    public static Command Make()
    {
        var to = new Option<string>("--to")
        {
            HelpName = "ADDRESS",
            Required = true,
            Description = "A recipient that the endpoint accepts.",
        };
        var host = new Option<string>("--host")
        {
            HelpName = "HOST",
            Description = "The endpoint.",
            DefaultValueFactory = _ => "127.0.0.1",
        };
        var port = new Option<int?>("--port")
        {
            HelpName = "N",
            CustomParser = CommandLine.Number,
            Description = "Its port. Default: MailDepot:Smtp:Port, as the running depot has it.",
        };
        var timeout = new Option<int?>("--timeout")
        {
            HelpName = "SECONDS",
            CustomParser = Seconds,
            Description = $"How long the whole path may take, 1 to {MaxSeconds}. Default {DefaultSeconds}.",
        };
        var command = new Command("test", "Send a test mail to the endpoint and follow it to its receipt; it stays in the archive.")
        {
            to, host, port, timeout,
        };
        command.SetAction((parsed, ct) => RunAsync(
            parsed,
            parsed.GetRequiredValue(to),
            parsed.GetRequiredValue(host),
            parsed.GetValue(port),
            parsed.GetValue(timeout) ?? DefaultSeconds, ct));
        return command;
    }

    private static int? Seconds(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= MaxSeconds)
        {
            return seconds;
        }

        result.AddError($"--timeout is '{text}': give 1 to {MaxSeconds} seconds.");
        return null;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string to, string host, int? port, int seconds, CancellationToken ct)
    {
        if (to.Length == 0 || to.Any(c => c is <= ' ' or > '~' or '<' or '>'))
        {
            throw new UsageException($"'{Output.Plain(to)}' is no address: give one as journal@archive.example.com.");
        }

        await using var depot = OpenDepot.For(parsed);
        var json = parsed.GetValue(CommandLine.Json);
        var hops = new List<TestHop>();
        var mail = new TestMail(
            depot.Get<QueuesView>(), depot.Get<ArchiveReader>(), depot.Get<IndexReader>(),
            depot.Get<QuarantinedTickets>(), depot.Get<TimeProvider>(), Reached);
        var smtpPort = port ?? depot.Get<IOptions<DepotOptions>>().Value.Smtp.Port;
        var stopped = await mail.RunAsync(host, smtpPort, to, TimeSpan.FromSeconds(seconds), ct);
        if (json)
        {
            Output.Json(new { Arrived = stopped is null, Hops = hops, Stopped = stopped });
        }
        else if (stopped is not null)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: {Output.Plain(stopped)}");
        }

        return stopped is null ? CommandLine.Done : CommandLine.NotDone;

        void Reached(TestHop hop)
        {
            hops.Add(hop);
            if (!json)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{hop.Hop,-13}{hop.Milliseconds,7} ms  {Output.Plain(hop.Detail)}"));
            }
        }
    }
}
