using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>What a mailbox lists under one UIDL: one mail, or identical copies, which may share it (RFC 1939 §7).</summary>
/// <param name="Uidl">Empty if the server has no UIDL.</param>
/// <param name="Numbers">The message numbers of the mail and its copies in this session, from 1.</param>
/// <param name="Bytes">Size by LIST, copies together.</param>
public sealed record MailListing(string Uidl, ImmutableArray<int> Numbers, long Bytes)
{
    /// <summary>Its entry once it is collected; null without a UIDL, because then only its content identifies it.</summary>
    public DurableMail? IfDurable { get; } =
        Uidl.Length > 0 ? new(Digest.Of(Encoding.UTF8.GetBytes(Uidl)), HasUidl: true, Bytes) : null;

    /// <summary>The key under which its refusals are counted; without a UIDL all mails of its size share it.</summary>
    public string RefusalKey => IfDurable is { } mail ? mail.Name.ToString() : string.Create(CultureInfo.InvariantCulture, $"size-{Bytes}");

    /// <summary>The key under which it is recorded that its DELE broke a session; without a UIDL all mails of its size share it.</summary>
    public string DeletionKey => $"dele-{RefusalKey}";

    /// <summary>How people can tell it from others: <c>with UIDL 7f3a</c>.</summary>
    public string Description =>
        Uidl.Length > 0 ? $"with UIDL {Uidl}" : string.Create(CultureInfo.InvariantCulture, $"number {Numbers[0]} ({Bytes} bytes)");

    /// <summary>Joins LIST and UIDL, in the order of the mailbox. Mails without a UIDL are never grouped.</summary>
    /// <remarks>
    /// Each session lists the whole mailbox, perhaps 100,000 mails. Nearly all have no copies, and those allocate no list of their own.
    /// </remarks>
    public static ImmutableArray<MailListing> Join(IReadOnlyDictionary<int, long> sizes, IReadOnlyDictionary<int, string>? uidls)
    {
        var places = new Dictionary<string, int>(sizes.Count, StringComparer.Ordinal);
        var firsts = new List<(string Uidl, int Number, long Bytes)>(sizes.Count);
        var copies = new Dictionary<int, List<int>>();
        foreach (var (number, bytes) in sizes.OrderBy(mail => mail.Key))
        {
            var uidl = uidls?.GetValueOrDefault(number) ?? "";
            if (uidl.Length == 0 || places.TryAdd(uidl, firsts.Count))
            {
                firsts.Add((uidl, number, bytes));
            }
            else if (copies.TryGetValue(places[uidl], out var more))
            {
                more.Add(number);
            }
            else
            {
                copies.Add(places[uidl], [number]);
            }
        }

        return
        [
            .. firsts.Select((first, place) => copies.TryGetValue(place, out var more)
                ? new MailListing(first.Uidl, [first.Number, .. more], first.Bytes + more.Sum(number => sizes[number]))
                : new MailListing(first.Uidl, [first.Number], first.Bytes)),
        ];
    }
}
