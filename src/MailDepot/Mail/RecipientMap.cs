using System.Collections.Immutable;

namespace MailDepot.Mail;

/// <summary>Which recipient addresses are ours, and the archive container each leads to.</summary>
/// <remarks>The closest rule wins: an address before a domain (<c>*@example.com</c>) before everything (<c>*</c>).</remarks>
public sealed class RecipientMap(ImmutableArray<RecipientRule> rules)
{
    private readonly Dictionary<string, RecipientRule> byPattern =
        rules.ToDictionary(rule => EmailAddress.Key(rule.Pattern), StringComparer.Ordinal);

    /// <summary>The rules as configured.</summary>
    public ImmutableArray<RecipientRule> Rules => rules;

    /// <summary>The rule for an address, or null: not ours.</summary>
    public RecipientRule? Find(string address)
    {
        var key = EmailAddress.Key(address);
        var domain = key.AsSpan(key.LastIndexOf('@') + 1);
        return byPattern.GetValueOrDefault(key)
            ?? byPattern.GetValueOrDefault($"*@{domain}")
            ?? byPattern.GetValueOrDefault("*");
    }
}

/// <summary>One line of the recipient map, or where the mail of one mailbox goes.</summary>
/// <param name="Pattern">An address, <c>*@domain</c>, or <c>*</c>; of a mailbox its name.</param>
/// <param name="Container">The archive container's name.</param>
/// <param name="Journal">Exchange journals to this address: a report that comes here is believed.</param>
public sealed record RecipientRule(string Pattern, string Container, bool Journal);
