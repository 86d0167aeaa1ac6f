using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace MailDepot.Pop3;

/// <summary>What a mailbox lists under one UIDL: one mail, or identical copies, which may share it (RFC 1939 §7).</summary>
/// <param name="Uidl">The server's name for it.</param>
/// <param name="Numbers">Of the mail and its copies in this session, from 0.</param>
/// <param name="Bytes">Octets as LIST tells them, copies together.</param>
public sealed record ListedMails(string Uidl, ImmutableArray<int> Numbers, long Bytes)
{
    /// <summary>SHA-256 of the UIDL, lower-case hex: fits a table key whatever characters the server takes.</summary>
    public string Key { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Uidl)));

    /// <summary>Puts UIDL and LIST together, in the order of the mailbox.</summary>
    public static ImmutableArray<ListedMails> Join(IList<string> uidls, IList<int> sizes) =>
    [
        .. uidls.Zip(sizes).Index().GroupBy(mail => mail.Item.First, StringComparer.Ordinal)
            .Select(copies => new ListedMails(copies.Key, [.. copies.Select(mail => mail.Index)], copies.Sum(mail => (long)mail.Item.Second))),
    ];

    /// <summary>Divides mails into groups that are within both limits, or a single mail above them.</summary>
    public static IEnumerable<ImmutableArray<ListedMails>> Portions(IEnumerable<ListedMails> mails, int atMost, long bytes)
    {
        var portion = ImmutableArray.CreateBuilder<ListedMails>();
        foreach (var mail in mails)
        {
            if (portion.Count == atMost || (portion.Count > 0 && portion.Sum(m => m.Bytes) + mail.Bytes > bytes))
            {
                yield return portion.DrainToImmutable();
            }

            portion.Add(mail);
        }

        if (portion.Count > 0)
        {
            yield return portion.DrainToImmutable();
        }
    }
}
