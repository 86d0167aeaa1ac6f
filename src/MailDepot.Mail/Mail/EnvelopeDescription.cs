using System.Collections.Immutable;
using System.Globalization;

namespace MailDepot.Mail;

/// <summary>An envelope in a sentence for people, whose end must be seen: an address may have 320 characters, and recipients may be a thousand.</summary>
public static class EnvelopeDescription
{
    /// <summary>Characters of one address.</summary>
    private const int LongestAddress = 80;

    /// <summary>Recipients that are named, and the characters that these may have together; the first always is.</summary>
    private const int Named = 10, Room = 200;

    /// <summary>Sender and recipients: <c>&lt;a@a.example&gt; to b@b.example, c@c.example and 2 more</c>.</summary>
    /// <param name="from">Empty for the null sender.</param>
    /// <param name="to">Of more than fit the number is told.</param>
    public static string Of(string from, ImmutableArray<string> to)
    {
        var named = new List<string>();
        var room = Room;
        foreach (var recipient in to.Take(Named).Select(address => Cut(address, LongestAddress)))
        {
            room -= recipient.Length;
            if (named.Count > 0 && room < 0)
            {
                break;
            }

            named.Add(recipient);
        }

        var more = to.Length - named.Count;
        return $"<{Cut(from, LongestAddress)}> to {string.Join(", ", named)}{(more > 0 ? $" and {more.ToString(CultureInfo.InvariantCulture)} more" : "")}";
    }

    /// <summary>At most so many characters; of more the last one says so.</summary>
    public static string Cut(string text, int length) => text.Length <= length ? text : HeaderAllowance.Cut(text, length - 1) + "…";
}
