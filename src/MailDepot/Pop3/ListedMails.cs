using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MailDepot.Mail;

namespace MailDepot.Pop3;

/// <summary>What a mailbox lists under one UIDL: one mail, or identical copies, which may share it (RFC 1939 §7).</summary>
/// <param name="Uidl">The server's name for it; empty where the server has none.</param>
/// <param name="Numbers">Of the mail and its copies in this session, from 1.</param>
/// <param name="Bytes">Octets as LIST tells them, copies together.</param>
public sealed record ListedMails(string Uidl, ImmutableArray<int> Numbers, long Bytes)
{
    /// <summary>As what it is known if it was collected. Null where the server has no UIDL: then only its octets tell.</summary>
    public DurableMail? IfDurable { get; } = Uidl.Length > 0 ? new(Digest.Of(Encoding.UTF8.GetBytes(Uidl)), HasUidl: true, Bytes) : null;

    /// <summary>Under which its refusals are counted.</summary>
    public string RefusalKey => IfDurable is { } mail ? $"{mail.Name}" : string.Create(CultureInfo.InvariantCulture, $"size-{Bytes}");

    /// <summary>How a person may tell it from others.</summary>
    public string Words => Uidl.Length > 0 ? $"with UIDL {Uidl}" : string.Create(CultureInfo.InvariantCulture, $"number {Numbers[0]}, of {Bytes} octets,");

    /// <summary>Puts LIST and UIDL together, in the order of the mailbox. A mail without a UIDL is one by itself.</summary>
    public static ImmutableArray<ListedMails> Join(IReadOnlyDictionary<int, long> sizes, IReadOnlyDictionary<int, string>? uidls)
    {
        var mails = sizes.OrderBy(mail => mail.Key).Select(mail => (Number: mail.Key, Bytes: mail.Value, Uidl: uidls?.GetValueOrDefault(mail.Key) ?? "")).ToList();
        return
        [
            .. mails.GroupBy(mail => mail.Uidl.Length > 0 ? mail.Uidl : $"{mail.Number} ", StringComparer.Ordinal)
                .Select(copies => new ListedMails(copies.First().Uidl, [.. copies.Select(mail => mail.Number)], copies.Sum(mail => mail.Bytes))),
        ];
    }
}
