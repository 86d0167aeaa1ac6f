using System.Buffers.Binary;
using System.Collections.Immutable;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Pop3;

/// <summary>A mail that is ours, and may still be in its mailbox. There it is only to be deleted.</summary>
/// <param name="Name">SHA-256 of its UIDL, which fits a table whatever characters the server takes; of its octets where the server has no UIDL.</param>
/// <param name="HasUidl">Which of the two.</param>
/// <param name="Bytes">The octets that it had by LIST. They tell a UIDL that the server gave to another mail since (RFC 1939 §7 forbids it, and some do it).</param>
public readonly record struct DurableMail(Digest Name, bool HasUidl, long Bytes);

/// <summary>Durable mails that one row of the table <c>Uidls</c> tells of.</summary>
/// <remarks>
/// A page never changes, and its key is the SHA-256 of its content: to write it twice is to write one row, and pages that
/// tell of the same mail contradict nobody. So they need no order among them.
/// </remarks>
public sealed class UidlPage
{
    /// <summary>Mails in a page: 20 KiB of the 64 that a property takes, so that a hundred pages are one transaction, base64 and all.</summary>
    public const int MostMails = 500;

    /// <summary>How it is written: an octet for <see cref="DurableMail.HasUidl"/>, the name, the octets (big-endian).</summary>
    private const int MailBytes = 1 + Digest.Size + sizeof(long);

    private const string Prefix = "page-";

    private UidlPage(string key, ReadOnlyMemory<byte> content, ImmutableArray<DurableMail> mails) => (Key, Content, Mails) = (key, content, mails);

    /// <summary>Its row's key.</summary>
    public string Key { get; }

    /// <summary>At most <see cref="StorageLimits.PropertyBytes"/>.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>At least one.</summary>
    public ImmutableArray<DurableMail> Mails { get; }

    /// <summary>Less than half full.</summary>
    public bool IsSmall => Mails.Length < MostMails / 2;

    /// <summary>As few pages as hold these mails, each mail once; the same mails make the same pages in whatever order they come.</summary>
    public static ImmutableArray<UidlPage> Of(IEnumerable<DurableMail> mails) =>
    [
        .. mails.Distinct().OrderBy(mail => mail.Name.ToString(), StringComparer.Ordinal).ThenBy(mail => mail.HasUidl).ThenBy(mail => mail.Bytes)
            .Chunk(MostMails).Select(some => (Mails: some, Content: Write(some))).Select(page => new UidlPage(Prefix + Digest.Of(page.Content), page.Content, [.. page.Mails])),
    ];

    /// <summary>A page as a row has it.</summary>
    public static UidlPage Read(string key, ReadOnlyMemory<byte> content)
    {
        var mails = ImmutableArray.CreateBuilder<DurableMail>(content.Length / MailBytes);
        for (var rest = content.Span; rest.Length >= MailBytes; rest = rest[MailBytes..])
        {
            mails.Add(new(Digest.FromHash(rest[1..(1 + Digest.Size)]), rest[0] == 1, BinaryPrimitives.ReadInt64BigEndian(rest[(1 + Digest.Size)..])));
        }

        return new(key, content, mails.ToImmutable());
    }

    private static byte[] Write(DurableMail[] mails)
    {
        var content = new byte[mails.Length * MailBytes];
        for (var i = 0; i < mails.Length; i++)
        {
            var place = content.AsSpan(i * MailBytes, MailBytes);
            place[0] = (byte)(mails[i].HasUidl ? 1 : 0);
            Convert.FromHexString(mails[i].Name.ToString(), place[1..], out _, out _);
            BinaryPrimitives.WriteInt64BigEndian(place[(1 + Digest.Size)..], mails[i].Bytes);
        }

        return content;
    }
}
