using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Receiving;
using MailDepot.Notices;
using Microsoft.Extensions.Options;

namespace MailDepot;

/// <summary>Checks the settings at start, area by area: one sentence per wrong value, which names its key.</summary>
public sealed class DepotOptionsCheck : IValidateOptions<DepotOptions>
{
    /// <summary>
    /// Seconds: the host itself needs five, which leaves at least as many for the mail; nobody waits an hour for a container.
    /// </summary>
    private const int MinGrace = 10, MaxGrace = 3_600;

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, DepotOptions options)
    {
        var wrong = Errors(options).ToList();
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static IEnumerable<string> Errors(DepotOptions options) =>
    [
        .. options.StorageOptions().Errors(),
        .. options.EventOptions().Errors(),
        .. HostErrors(options),
        .. options.Telemetry.Errors(),
        .. PasswordPlace.Errors(options.PasswordStore),
        .. SmtpOptionsCheck.Errors(options.Smtp),
        .. RecipientOptionsCheck.Errors(options.Recipients),
        .. MailboxOptionsCheck.Errors(options.Mailboxes),
        .. NoticeOptionsCheck.Errors(options.Notices),
    ];

    /// <summary>Checks what only the command needs; Azure's app reads the same settings.</summary>
    private static IEnumerable<string> HostErrors(DepotOptions options)
    {
        if (options.GraceSeconds is < MinGrace or > MaxGrace)
        {
            yield return $"MailDepot:GraceSeconds is {options.GraceSeconds}: give the seconds that the platform leaves a "
                + $"container to end, {MinGrace} to {MaxGrace}.";
        }

        if (options.HealthPort is < 0 or > 65535)
        {
            yield return $"MailDepot:HealthPort is {options.HealthPort}: a port is a number from 0 (any free one) to 65535.";
        }
    }
}
