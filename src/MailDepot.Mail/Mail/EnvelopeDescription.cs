using System.Collections.Immutable;
using System.Globalization;

namespace MailDepot.Mail;

/// <summary>
/// Describes an envelope within a sentence, in limited length: an address may have 320 characters, an envelope a thousand
/// recipients.
/// </summary>
public static class EnvelopeDescription
{
    /// <summary>Characters of one address.</summary>
    private const int MaxAddressLength = 80;

    /// <summary>Recipients to list, and the characters they may have together; the first one is always listed.</summary>
    private const int Listed = 10, Room = 200;

    /// <summary>Sender and recipients: <c>&lt;a@a.example&gt; to b@b.example, c@c.example and 2 more</c>.</summary>
    /// <param name="from">Empty for the null sender.</param>
    /// <param name="to">Those that do not fit are counted.</param>
    public static string Of(string from, ImmutableArray<string> to)
    {
        var named = new List<string>();
        var room = Room;
        foreach (var recipient in to.Take(Listed).Select(address => Cut(address, MaxAddressLength)))
        {
            room -= recipient.Length;
            if (named.Count > 0 && room < 0)
            {
                break;
            }

            named.Add(recipient);
        }

        var hidden = to.Length - named.Count;
        var more = hidden > 0 ? $" and {hidden.ToString(CultureInfo.InvariantCulture)} more" : "";
        return $"<{Cut(from, MaxAddressLength)}> to {string.Join(", ", named)}{more}";
    }

    /// <summary>At most <paramref name="length"/> characters; a longer text ends in an ellipsis.</summary>
    public static string Cut(string text, int length) => text.Length <= length ? text : HeaderAllowance.Cut(text, length - 1) + "…";
}
