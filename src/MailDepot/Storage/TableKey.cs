using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailDepot.Storage;

/// <summary>Makes partition and row keys: what Azure forbids is escaped, and time counts backwards.</summary>
public static class TableKey
{
    /// <summary>Of the year 9999, where <see cref="DateTimeOffset"/> ends; an id of other hands can say more.</summary>
    private const long LastMillisecond = 253_402_300_799_999;

    /// <summary>Between the parts of a key. <see cref="Escape"/> never yields it.</summary>
    public const char Separator = '|';

    /// <summary>The character after <see cref="Separator"/>: ends the range of all keys that begin with a part.</summary>
    public const char AfterSeparator = '}';

    /// <summary>Escaped characters kept of a part too long for a key; its hash follows.</summary>
    private const int LongPartPrefix = 300;

    /// <summary>A part up to this length stands as it is: with a container's name, a separator and a month it fits a key.</summary>
    private const int LongestPart = LongPartPrefix + 1 + (SHA256.HashSizeInBytes * 2);

    /// <summary>
    /// Text as part of a key: ASCII without <c>/ \ # ? |</c> and controls, in the order (UTF-16 ordinal) of the text,
    /// two texts never the same. Below <c>-</c>: <c>!</c> and two digits; <c>/ ? \</c>: the character before it and
    /// <c>~</c>; from <c>|</c> up: <c>}</c> and four digits. Too long: 300 characters, <c>~</c> and the SHA-256.
    /// </summary>
    public static string Escape(string text)
    {
        var key = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            _ = c switch
            {
                < '-' => key.Append('!').Append(Hex(c, "x2")),
                '/' or '?' or '\\' => key.Append((char)(c - 1)).Append('~'),
                >= Separator => key.Append('}').Append(Hex(c, "x4")),
                _ => key.Append(c),
            };
        }

        return key.Length < LongestPart
            ? key.ToString()
            : $"{key.ToString(0, LongPartPrefix)}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(text)))}";
    }

    /// <summary>The complement of an id's big-endian octets: version 7 ids list newest first (RFC 9562 §5.7).</summary>
    public static string NewestFirst(Guid id)
    {
        Span<byte> octets = stackalloc byte[16];
        id.TryWriteBytes(octets, bigEndian: true, out _);
        foreach (ref var octet in octets)
        {
            octet = (byte)~octet;
        }

        return Convert.ToHexStringLower(octets);
    }

    /// <summary>The id that <see cref="NewestFirst(Guid)"/> made a key of.</summary>
    public static Guid Id(string newestFirst)
    {
        var octets = Convert.FromHexString(newestFirst);
        foreach (ref var octet in octets.AsSpan())
        {
            octet = (byte)~octet;
        }

        return new Guid(octets, bigEndian: true);
    }

    /// <summary>The complement of the minutes since 1970.</summary>
    public static string NewestMinuteFirst(DateTimeOffset time) => Hex(~(uint)(time.ToUnixTimeSeconds() / 60), "x8");

    /// <summary>The complement of the seconds since 1970.</summary>
    public static string NewestSecondFirst(DateTimeOffset time) => Hex(~(uint)time.ToUnixTimeSeconds(), "x8");

    /// <summary>The complement of the month, counted from the year 0 in UTC.</summary>
    public static string NewestMonthFirst(DateTimeOffset time) => Hex(~(uint)((time.UtcDateTime.Year * 12) + time.UtcDateTime.Month - 1), "x8");

    /// <summary>The clock reading that a version 7 id was made from, in milliseconds (RFC 9562 §5.7).</summary>
    public static DateTimeOffset TimeOf(Guid id)
    {
        Span<byte> octets = stackalloc byte[16];
        id.TryWriteBytes(octets, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min((long)(BinaryPrimitives.ReadUInt64BigEndian(octets) >> 16), LastMillisecond));
    }

    private static string Hex(uint value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
