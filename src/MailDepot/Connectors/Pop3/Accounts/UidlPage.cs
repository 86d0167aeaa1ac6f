using System.Buffers.Binary;
using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>The durable mails in one row of the table <c>Uidls</c>.</summary>
/// <remarks>
/// A page never changes, and its key is the SHA-256 of its content: written twice it is still one row, and pages that contain the same
/// mail do not conflict. So pages need no order. Times are in a property of their own, so that earlier versions can read the rest; pages
/// written by those versions have none.
/// </remarks>
public sealed class UidlPage
{
    /// <summary>Mails per page: 22 of the 64 KiB that a property can hold, so that a hundred pages fit one transaction in base64.</summary>
    public const int MaxMails = 500;

    /// <summary>Bytes of a mail: one for <see cref="DurableMail.HasUidl"/>, the name, the size (big-endian).</summary>
    private const int MailBytes = 1 + Digest.Size + sizeof(long);

    /// <summary>Bytes of a time: seconds since 1970 (big-endian), until 2106; 0 for none.</summary>
    private const int TimeBytes = sizeof(uint);

    private const string Prefix = "page-";

    private UidlPage(string key, ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> times, ImmutableArray<DurableMail> mails) =>
        (Key, Content, Times, Mails) = (key, content, times, mails);

    /// <summary>The row key.</summary>
    public string Key { get; }

    /// <summary>At most <see cref="StorageLimits.PropertyBytes"/>.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>When each mail became durable, in the same order.</summary>
    public ReadOnlyMemory<byte> Times { get; }

    /// <summary>At least one.</summary>
    public ImmutableArray<DurableMail> Mails { get; }

    /// <summary>Less than half full.</summary>
    public bool IsSmall => Mails.Length < MaxMails / 2;

    /// <summary>The row had no time for some mails. They got one when the row was read, and the page must be written again.</summary>
    public bool WasUndated { get; private init; }

    /// <summary>As few pages as possible with each of these mails once. The same mails give the same pages, in whatever order.</summary>
    public static ImmutableArray<UidlPage> Of(IEnumerable<DurableMail> mails) =>
    [
        .. mails.GroupBy(mail => mail).Select(same => same.MinBy(mail => mail.Since))
            .OrderBy(mail => mail.Name.ToString(), StringComparer.Ordinal).ThenBy(mail => mail.HasUidl).ThenBy(mail => mail.Bytes)
            .Chunk(MaxMails).Select(Write),
    ];

    /// <summary>The page in a row.</summary>
    /// <param name="times">Empty in a page of an early version.</param>
    /// <param name="now">The time that mails without one get.</param>
    public static UidlPage Read(string key, ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> times, DateTimeOffset now)
    {
        var mails = ImmutableArray.CreateBuilder<DurableMail>(content.Length / MailBytes);
        var wasUndated = false;
        var time = times.Span;
        for (var rest = content.Span; rest.Length >= MailBytes; rest = rest[MailBytes..])
        {
            if (BinaryPrimitives.TryReadUInt32BigEndian(time, out var seconds))
            {
                time = time[TimeBytes..];
            }

            wasUndated |= seconds == 0;
            var bytes = BinaryPrimitives.ReadInt64BigEndian(rest[(1 + Digest.Size)..]);
            mails.Add(new(Digest.FromHash(rest[1..(1 + Digest.Size)]), rest[0] == 1, bytes)
            {
                Since = DateTimeOffset.FromUnixTimeSeconds(seconds > 0 ? seconds : now.ToUnixTimeSeconds()),
            });
        }

        return new(key, content, times, mails.ToImmutable()) { WasUndated = wasUndated };
    }

    private static UidlPage Write(DurableMail[] mails)
    {
        var all = new byte[mails.Length * (MailBytes + TimeBytes)]; // the key covers both
        for (var i = 0; i < mails.Length; i++)
        {
            var place = all.AsSpan(i * MailBytes, MailBytes);
            place[0] = (byte)(mails[i].HasUidl ? 1 : 0);
            Convert.FromHexString(mails[i].Name.ToString(), place[1..], out _, out _);
            BinaryPrimitives.WriteInt64BigEndian(place[(1 + Digest.Size)..], mails[i].Bytes);
            var seconds = (uint)Math.Clamp(mails[i].Since.ToUnixTimeSeconds(), 0, uint.MaxValue);
            BinaryPrimitives.WriteUInt32BigEndian(all.AsSpan(mails.Length * MailBytes + i * TimeBytes), seconds);
        }

        return new(Prefix + Digest.Of(all), all.AsMemory(..(mails.Length * MailBytes)), all.AsMemory(mails.Length * MailBytes), [.. mails]);
    }
}
