using System.CommandLine;
using System.Text.RegularExpressions;
using Azure;
using MailDepot.Events;
using MailDepot.Host.Commands;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Host;

/// <summary>Turns storage that does not answer into one sentence that names the storage and the way out.</summary>
/// <remarks>Only the address is printed, never the setting: a connection string has a key.</remarks>
internal static partial class StorageFailure
{
    /// <summary>Port of https, which an address leaves out.</summary>
    private const string HttpsPort = ":443";

    /// <summary>The sentence; null if the exception has another cause.</summary>
    public static string? Sentence(Exception failure, ParseResult parsed)
    {
        if (Unanswered(failure) is not { } request || AddressAtEnd().Match(request.Message) is not { Success: true } match)
        {
            return null;
        }

        var settings = VerbSettings.Read(Environment.CurrentDirectory).GetSection(DepotOptions.Section);
        var (work, archive) = (settings[nameof(DepotOptions.WorkStorage)] ?? "", settings[nameof(DepotOptions.ArchiveStorage)] ?? "");
        var address = match.Groups["address"].Value;
        var url = address.EndsWith(HttpsPort, StringComparison.Ordinal) ? $"https://{address[..^HttpsPort.Length]}"
            : Has(work, $"https://{address}") || Has(archive, $"https://{address}") ? $"https://{address}"
            : $"http://{address}";
        return $"The storage at {url} does not answer ({Failure.Clause(request)}): {WayOut()}.";

        string WayOut()
        {
            var file = LocalFolder.Find(parsed.GetValue(CommandLine.Data), Environment.CurrentDirectory).DepotFile;
            if (File.Exists(file) && Has(File.ReadAllText(file), $"//{address}"))
            {
                return "`maildepot up` seems to have ended; start it again";
            }

            var isArchive = Names(archive, address) && !Names(work, address);
            var key = isArchive ? nameof(DepotOptions.ArchiveStorage) : nameof(DepotOptions.WorkStorage);
            return $"{(new Uri(url).IsLoopback ? "start it" : "check the network")}, or correct {DepotOptions.Section}:{key}";
        }
    }

    /// <summary>The request without an answer, behind what Azure's clients make of it after their last attempt.</summary>
    private static HttpRequestException? Unanswered(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Unanswered(first),
        RequestFailedException { Status: 0, InnerException: HttpRequestException request } => request,
        _ => null,
    };

    /// <summary>Whether a setting names the account at this address: by an endpoint, or by the account's name.</summary>
    private static bool Names(string setting, string address)
    {
        var host = address[..address.LastIndexOf(':')];
        return Has(setting, $"//{address}")
            || Has(setting, $"//{host}/")
            || setting.EndsWith($"//{host}", StringComparison.OrdinalIgnoreCase)
            || Has(setting, $"AccountName={host.Split('.')[0]};");
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    /// <summary>.NET ends the message of a failed connection with host and port.</summary>
    [GeneratedRegex(@"\((?<address>[^()\s]+:[0-9]+)\)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AddressAtEnd();
}
