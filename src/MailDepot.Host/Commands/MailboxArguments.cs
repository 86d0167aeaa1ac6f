using System.Collections.Frozen;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MailDepot.Connectors.Pop3;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary>A verb's options for how a mailbox is collected, one per setting.</summary>
internal sealed partial class MailboxArguments
{
    /// <summary>What sets each setting on the command line.</summary>
    private static readonly FrozenDictionary<string, string> Options = typeof(MailboxOptions).GetProperties().ToFrozenDictionary(
        setting => setting.Name,
        setting => setting.Name == nameof(MailboxOptions.Name) ? "NAME" : $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(setting.Name)}",
        StringComparer.Ordinal);

    private readonly Command command;
    private readonly List<Action<ParseResult, MailboxOptions>> changes = [];

    /// <summary>Adds the options to the verb.</summary>
    public MailboxArguments(Command command)
    {
        this.command = command;
        var usual = new MailboxOptions();
        Text("--host", "HOST", "Name or address of the POP3 server.", (mailbox, text) => mailbox.Host = text);
        Text("--port", "N", $"Its port. Default {usual.Port}.", (mailbox, text) => mailbox.Port = Number("--port", text));
        Text(
            "--security", "WORD", "none, starttls, tls or auto: TLS where the port speaks it, else STARTTLS. Default tls.",
            (mailbox, text) => mailbox.Security = Word<MailboxSecurity>("--security", text));
        Text(
            "--certificate", "FILE", "PEM file with a certificate to trust for this server; it must be where mailboxes are collected.",
            (mailbox, text) => mailbox.Certificate = text.Length == 0 ? "" : Path.GetFullPath(text));
        Text(
            "--fingerprint", "SHA256", "The one certificate that the server may show, whatever its name and dates.",
            (mailbox, text) => mailbox.Fingerprint = text);
        Text(
            "--minimum-tls", "VERSION", "tls12 or tls13. Default tls12.",
            (mailbox, text) => mailbox.MinimumTls = Word<TlsVersion>("--minimum-tls", text));
        Text("--user", "NAME", "The login name.", (mailbox, text) => mailbox.User = text);
        Text(
            "--authentication",
            "WORD",
            "auto, user, apop, plain or xoauth2, where the password is the client's secret, or a token. Default auto.",
            (mailbox, text) => mailbox.Authentication = Word<MailboxAuthentication>("--authentication", text));
        Text(
            "--token-endpoint", "URL", "Where xoauth2 gets its tokens by client credentials.",
            (mailbox, text) => mailbox.TokenEndpoint = text);
        Text("--client-id", "ID", "The client's id there.", (mailbox, text) => mailbox.ClientId = text);
        Text("--scope", "SCOPE", "The scope of the token.", (mailbox, text) => mailbox.Scope = text);
        Text(
            "--interval", "TIME", "From one poll to the next: 30s, 5m, 1h, or 00:05:00. Default 5m.",
            (mailbox, text) => mailbox.Interval = Time("--interval", text));
        Text(
            "--max-mails-per-run", "N", $"Mails that one run collects at most. Default {usual.MaxMailsPerRun}.",
            (mailbox, text) => mailbox.MaxMailsPerRun = Number("--max-mails-per-run", text));
        Text(
            "--max-bytes-per-run", "N", $"Bytes that one run collects at most. Default {usual.MaxBytesPerRun}.",
            (mailbox, text) => mailbox.MaxBytesPerRun = Bytes("--max-bytes-per-run", text));
        Text(
            "--commit-every", "N", $"Mails after which the server deletes them. Default {usual.CommitEvery}.",
            (mailbox, text) => mailbox.CommitEvery = Number("--commit-every", text));
        Text(
            "--leave-on-server",
            "true|false",
            "Delete nothing on the server. For a trial: the mailbox grows, and each poll lists all of it.",
            (mailbox, text) => mailbox.LeaveOnServer = Yes("--leave-on-server", text));
        Text(
            "--delete-after", "DAYS", "Days that a mail stays on the server after it was collected. Default 0: it is deleted at once.",
            (mailbox, text) => mailbox.DeleteAfter = Number("--delete-after", text));
        Text(
            "--health-url", "URL", "An https or http address that gets a GET after each successful collection; empty for none.",
            (mailbox, text) => mailbox.HealthUrl = text);
        Text(
            "--container", "CONTAINER", "The archive container of its mail. Default default.",
            (mailbox, text) => mailbox.Container = text);
        Text(
            "--journal", "true|false", "Exchange journals to this mailbox: reports in it are believed.",
            (mailbox, text) => mailbox.Journal = Yes("--journal", text));
    }

    /// <summary>Sets what was given on the command line, and leaves the rest.</summary>
    public void Apply(ParseResult parsed, MailboxOptions mailbox) => changes.ForEach(change => change(parsed, mailbox));

    /// <summary>Checks all settings of a mailbox together, and names the options that set what is wrong.</summary>
    /// <exception cref="UsageException">Something is wrong.</exception>
    public static void Check(MailboxOptions mailbox)
    {
        if (MailboxOptionsCheck.Errors(mailbox).ToList() is { Count: > 0 } wrong)
        {
            throw new UsageException([.. wrong.Select(WithOptions)]);
        }
    }

    /// <summary>The sentence with <c>--max-mails-per-run</c> for <c>MaxMailsPerRun</c>; values stay as they are.</summary>
    private static string WithOptions(string sentence) =>
        ValueOrWord().Replace(sentence, part => Options.GetValueOrDefault(part.Value, part.Value));

    private void Text(string name, string help, string description, Action<MailboxOptions, string> set)
    {
        var option = new Option<string?>(name) { HelpName = help, Description = description };
        command.Add(option);
        changes.Add((parsed, mailbox) =>
        {
            if (parsed.GetValue(option) is { } text)
            {
                set(mailbox, text);
            }
        });
    }

    private static int Number(string option, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new UsageException($"{option} is '{Output.Plain(text)}': give a number.");

    private static long Bytes(string option, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new UsageException($"{option} is '{Output.Plain(text)}': give a number of bytes.");

    private static bool Yes(string option, string text) => bool.TryParse(text, out var yes)
        ? yes
        : throw new UsageException($"{option} is '{Output.Plain(text)}': give true or false.");

    private static T Word<T>(string option, string text)
        where T : struct, Enum =>
        Enum.GetNames<T>().Contains(text.Replace("-", "", StringComparison.Ordinal), StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<T>(text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true)
            : throw new UsageException(
                $"{option} is '{Output.Plain(text)}': give {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");

    private static TimeSpan Time(string option, string text) => LogCommand.Age(text) is { } age ? age
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time
        : throw new UsageException($"{option} is '{Output.Plain(text)}': give a time as 30s, 5m, 1h or 00:05:00.");

    [GeneratedRegex(@"'[^']*'|\w+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ValueOrWord();
}
