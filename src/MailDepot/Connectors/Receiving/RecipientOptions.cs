using System.Globalization;

namespace MailDepot.Connectors.Receiving;

/// <summary>Addresses that the SMTP endpoint accepts mail for, one entry each.</summary>
public sealed class RecipientOptions
{
    /// <summary>
    /// An address, <c>*@domain</c>, or <c>*</c>. The role <c>smtp</c> accepts the last two, and addresses that can be
    /// guessed, only together with <c>MailDepot:Smtp:Networks</c>.
    /// </summary>
    public string Pattern { get; set; } = "";

    /// <summary>Archive container of its mail: 1 to 55 lower-case letters, digits and single hyphens.</summary>
    public string Container { get; set; } = "default";

    /// <summary>Exchange journals to this address: reports that arrive here are trusted and split.</summary>
    public bool Journal { get; set; }

    /// <summary>
    /// Day (<c>2026-12-31</c>, UTC) from which the address is accepted for 30 days more, each mail with an alarm. <c>now</c>
    /// refuses it at once. Empty: it is in use.
    /// </summary>
    public string Retired { get; set; } = "";

    /// <summary>The start of that day; for <c>now</c> the beginning of time; null if it is in use.</summary>
    internal DateTimeOffset? RetiredAt => Retired switch
    {
        "" => null,
        RetiredNow => DateTimeOffset.MinValue,
        _ => DateTimeOffset.ParseExact(Retired, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
    };

    /// <summary>Whether <see cref="Retired"/> says something.</summary>
    internal bool HasValidRetired =>
        Retired is "" or RetiredNow
        || DateOnly.TryParseExact(Retired, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private const string RetiredNow = "now";
}
