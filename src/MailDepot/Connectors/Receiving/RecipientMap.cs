using System.Collections.Immutable;
using System.Globalization;
using MailDepot.Mail;

namespace MailDepot.Connectors.Receiving;

/// <summary>Which recipient addresses are ours, and the archive container each leads to.</summary>
/// <remarks>
/// The closest rule wins: an address before the same without <c>+anything</c> (RFC 5233 §1), before a domain
/// (<c>*@example.com</c>), before everything (<c>*</c>).
/// </remarks>
public sealed class RecipientMap(ImmutableArray<RecipientRule> rules)
{
    private readonly Dictionary<string, RecipientRule> byPattern =
        rules.ToDictionary(rule => EmailAddress.Key(rule.Pattern), StringComparer.Ordinal);

    /// <summary>The rules as configured.</summary>
    public ImmutableArray<RecipientRule> Rules => rules;

    /// <summary>The rule for an address; null if it is not ours.</summary>
    public RecipientRule? Find(string address)
    {
        var key = EmailAddress.Key(address);
        var at = key.LastIndexOf('@');
        var domain = key.AsSpan(at + 1);
        var plus = key.IndexOf('+', StringComparison.Ordinal);
        var hasTag = plus > 0 && plus < at && key[0] != '"';
        return byPattern.GetValueOrDefault(key)
            ?? (hasTag ? byPattern.GetValueOrDefault($"{key.AsSpan(0, plus)}@{domain}") : null)
            ?? byPattern.GetValueOrDefault($"*@{domain}")
            ?? byPattern.GetValueOrDefault("*");
    }
}

/// <summary>One line of the recipient map.</summary>
/// <param name="Pattern">An address, <c>*@domain</c>, or <c>*</c>.</param>
/// <param name="Container">The archive container's name.</param>
/// <param name="Journal">Exchange journals to this address: a report sent here is trusted.</param>
public sealed record RecipientRule(string Pattern, string Container, bool Journal)
{
    /// <summary>How long an address is accepted after it retires: Exchange retries for a day or two, administrators take longer.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(30);

    /// <summary>Where its mail goes.</summary>
    public Destination Destination => new(Container, Journal);

    /// <summary>When the address retires or retired, UTC; null: never. Mail already accepted keeps its archive container.</summary>
    public DateTimeOffset? Retired { get; init; }

    /// <summary>Until when mail is accepted; null: indefinitely.</summary>
    public DateTimeOffset? AcceptedUntil => Retired + Grace;

    /// <summary>Whether mail is refused: the address has retired and its grace is over.</summary>
    public bool IsClosed(DateTimeOffset now) => AcceptedUntil <= now;

    /// <summary>A warning for each mail that arrives within the grace; null if there is nothing to report.</summary>
    public string? RetirementAlarm(DateTimeOffset now) => Retired > now || AcceptedUntil is not { } until ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"{Pattern} is retired and still gets mail, which is "
            + $"accepted until {until:yyyy-MM-dd HH:mm} UTC: point the journal rule in Exchange to the address that replaces it.");
}
