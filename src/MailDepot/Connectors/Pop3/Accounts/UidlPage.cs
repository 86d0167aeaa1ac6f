using System.Buffers.Binary;
using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Durable mails that one row of the table <c>Uidls</c> tells of.</summary>
/// <remarks>
/// A page never changes, and its key is the SHA-256 of its content: to write it twice is to write one row, and pages that
/// tell of the same mail contradict nobody. So they need no order among them. Times are a property of their own, so versions
/// that know of none read the rest; they write pages without, as those before them did.
/// </remarks>
public sealed class UidlPage
{
    /// <summary>Mails in a page: 22 KiB of the 64 that a property takes, so that a hundred pages are one transaction, base64 and all.</summary>
    public const int MostMails = 500;

    /// <summary>How it is written: an octet for <see cref="DurableMail.HasUidl"/>, the name, the octets (big-endian).</summary>
    private const int MailBytes = 1 + Digest.Size + sizeof(long);

    /// <summary>How a time is written: seconds since 1970, until 2106; 0 is none.</summary>
    private const int TimeBytes = sizeof(uint);

    private const string Prefix = "page-";

    private UidlPage(string key, ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> times, ImmutableArray<DurableMail> mails) =>
        (Key, Content, Times, Mails) = (key, content, times, mails);

    /// <summary>Its row's key.</summary>
    public string Key { get; }

    /// <summary>At most <see cref="StorageLimits.PropertyBytes"/>.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>When each became durable, in the same order.</summary>
    public ReadOnlyMemory<byte> Times { get; }

    /// <summary>At least one.</summary>
    public ImmutableArray<DurableMail> Mails { get; }

    /// <summary>Less than half full.</summary>
    public bool IsSmall => Mails.Length < MostMails / 2;

    /// <summary>Its row has no time for some of its mails: they got one when it was read, which is to be written.</summary>
    public bool WasUndated { get; private init; }

    /// <summary>As few pages as hold these mails, each mail once; the same mails make the same pages in whatever order they come.</summary>
    public static ImmutableArray<UidlPage> Of(IEnumerable<DurableMail> mails) =>
    [
        .. mails.GroupBy(mail => mail).Select(same => same.MinBy(mail => mail.Since))
            .OrderBy(mail => mail.Name.ToString(), StringComparer.Ordinal).ThenBy(mail => mail.HasUidl).ThenBy(mail => mail.Bytes)
            .Chunk(MostMails).Select(Write),
    ];

    /// <summary>A page as a row has it.</summary>
    /// <param name="times">Empty in a page of an early version.</param>
    /// <param name="now">Mails without a time count from here.</param>
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
            mails.Add(new(Digest.FromHash(rest[1..(1 + Digest.Size)]), rest[0] == 1, BinaryPrimitives.ReadInt64BigEndian(rest[(1 + Digest.Size)..]))
            {
                Since = DateTimeOffset.FromUnixTimeSeconds(seconds > 0 ? seconds : now.ToUnixTimeSeconds()),
            });
        }

        return new(key, content, times, mails.ToImmutable()) { WasUndated = wasUndated };
    }

    private static UidlPage Write(DurableMail[] mails)
    {
        var all = new byte[mails.Length * (MailBytes + TimeBytes)]; // the key is of both
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
