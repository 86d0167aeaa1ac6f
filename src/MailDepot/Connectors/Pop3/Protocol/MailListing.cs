using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>What a mailbox lists under one UIDL: one mail, or identical copies, which may share it (RFC 1939 §7).</summary>
/// <param name="Uidl">The server's name for it; empty where the server has none.</param>
/// <param name="Numbers">Of the mail and its copies in this session, from 1.</param>
/// <param name="Bytes">Octets as LIST tells them, copies together.</param>
public sealed record MailListing(string Uidl, ImmutableArray<int> Numbers, long Bytes)
{
    /// <summary>As what it is known if it was collected. Null where the server has no UIDL: then only its octets tell.</summary>
    public DurableMail? IfDurable { get; } = Uidl.Length > 0 ? new(Digest.Of(Encoding.UTF8.GetBytes(Uidl)), HasUidl: true, Bytes) : null;

    /// <summary>Under which its refusals are counted.</summary>
    public string RefusalKey => IfDurable is { } mail ? mail.Name.ToString() : string.Create(CultureInfo.InvariantCulture, $"size-{Bytes}");

    /// <summary>Its key among the mails whose DELE broke a session; without a UIDL all mails of its size share it.</summary>
    public string DeletionKey => $"dele-{RefusalKey}";

    /// <summary>How a person may tell it from others.</summary>
    public string Description => Uidl.Length > 0 ? $"with UIDL {Uidl}" : string.Create(CultureInfo.InvariantCulture, $"number {Numbers[0]}, of {Bytes} octets,");

    /// <summary>Puts LIST and UIDL together, in the order of the mailbox. A mail without a UIDL is one by itself.</summary>
    /// <remarks>Every session lists the whole mailbox, of 100,000 mails perhaps: what nearly all of them are, a mail without copies, costs no more than itself.</remarks>
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
