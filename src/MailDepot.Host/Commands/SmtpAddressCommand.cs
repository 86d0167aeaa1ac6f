using System.CommandLine;
using System.Globalization;
using MailDepot.Connectors.Receiving;
using MailDepot.Host.Terminal;
using MailDepot.Storage;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot smtp address new</c>: an address that nobody can guess, and the settings that take its mail.</summary>
internal static class SmtpAddressCommand
{
    public static Command Make()
    {
        var domain = new Option<string?>("--domain")
        {
            HelpName = "DOMAIN",
            Description = "The part after @. Default: MailDepot:Smtp:Hostname.",
        };
        var container = new Option<string>("--container")
        {
            HelpName = "CONTAINER",
            Description = "The archive container its mail goes to.",
            DefaultValueFactory = _ => new RecipientOptions().Container,
        };
        var command = new Command("new", "Make a journal address that nobody can guess, and print the settings for it. Nothing is changed.")
        {
            domain, container,
        };
        command.SetAction(parsed => Print(parsed, parsed.GetValue(domain), parsed.GetRequiredValue(container)));
        return new Command("address", "Addresses that Exchange journals to.") { command };
    }

    private static int Print(ParseResult parsed, string? domain, string container)
    {
        var configuration = VerbSettings.Read(Environment.CurrentDirectory).GetSection(DepotOptions.Section);
        domain ??= configuration["Smtp:Hostname"] is { Length: > 0 } configured ? configured
            : throw new UsageException(
                "An address needs its part after @: give it as in --domain archive.example.com, or set MailDepot__Smtp__Hostname.");
        var address = UnguessableAddress.Mint(domain);
        if (!UnguessableAddress.Is(address) || domain.Any(c => c is <= ' ' or > '~'))
        {
            throw new UsageException(
                $"'{Output.Plain(domain)}' is no domain: give the part of the address after @, for example archive.example.com.");
        }

        if (!ArchiveContainerName.IsValid(container))
        {
            throw new UsageException(
                $"An archive container can't be called '{Output.Plain(container)}': a name has {ArchiveContainerName.Rule}.");
        }

        if (parsed.GetValue(CommandLine.Json))
        {
            var recipient = new { Pattern = address, Container = container, Journal = true };
            Output.Json(new { MailDepot = new { Recipients = new[] { recipient } } });
            return CommandLine.Done;
        }

        var key = $"{DepotOptions.Section}__{nameof(DepotOptions.Recipients)}__{FirstFree(configuration)}";
        Console.WriteLine($"""
            {key}__{nameof(RecipientOptions.Pattern)}={address}
            {key}__{nameof(RecipientOptions.Container)}={container}
            {key}__{nameof(RecipientOptions.Journal)}=true

            Give these settings to the SMTP endpoint, then let Exchange journal to the address.
            It is a secret: anyone who knows it can put mail into the archive.
            """);
        return CommandLine.Done;
    }

    /// <summary>The first index after those of the recipients in the settings.</summary>
    private static int FirstFree(IConfiguration configuration) => 1 + configuration
        .GetSection(nameof(DepotOptions.Recipients)).GetChildren()
        .Select(entry => int.TryParse(entry.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
        .DefaultIfEmpty(-1)
        .Max();
}
