using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailDepot.Storage;

/// <summary>Makes partition and row keys: escapes what Azure forbids, and counts time backwards.</summary>
public static class TableKey
{
    /// <summary>End of the year 9999, where <see cref="DateTimeOffset"/> ends; an id made elsewhere can be later.</summary>
    private const long LastMillisecond = 253_402_300_799_999;

    /// <summary>Separates the parts of a key; <see cref="Escape"/> never produces it.</summary>
    public const char Separator = '|';

    /// <summary>Ends the range of all keys that start with a part and <see cref="Separator"/>.</summary>
    public const char AfterSeparator = '}';

    /// <summary>Escaped characters kept of a part that is too long for a key; its hash follows.</summary>
    private const int LongPartPrefix = 300;

    /// <summary>Shorter parts are kept whole: with a container's name, a separator and a month they fit a key.</summary>
    private const int MaxPartLength = LongPartPrefix + 1 + (SHA256.HashSizeInBytes * 2);

    /// <summary>
    /// Makes a text part of a key: ASCII without <c>/ \ # ? |</c> and controls, sorted like the text (UTF-16 ordinal), and different
    /// for different texts. Below <c>-</c>: <c>!</c> and two hex digits; <c>/ ? \</c>: the preceding character and <c>~</c>; from
    /// <c>|</c> up: <c>}</c> and four hex digits. If too long: 300 characters, <c>~</c> and the SHA-256.
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

        return key.Length < MaxPartLength
            ? key.ToString()
            : $"{key.ToString(0, LongPartPrefix)}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(text)))}";
    }

    /// <summary>The complement of an id's big-endian bytes, so that version 7 ids sort newest first (RFC 9562 §5.7).</summary>
    public static string NewestFirst(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        foreach (ref var value in bytes)
        {
            value = (byte)~value;
        }

        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>The id of a key made by <see cref="NewestFirst(Guid)"/>.</summary>
    public static Guid Id(string newestFirst)
    {
        var bytes = Convert.FromHexString(newestFirst);
        foreach (ref var value in bytes.AsSpan())
        {
            value = (byte)~value;
        }

        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The complement of the minutes since 1970.</summary>
    public static string NewestMinuteFirst(DateTimeOffset time) => Hex(~(uint)(time.ToUnixTimeSeconds() / 60), "x8");

    /// <summary>The complement of the seconds since 1970.</summary>
    public static string NewestSecondFirst(DateTimeOffset time) => Hex(~(uint)time.ToUnixTimeSeconds(), "x8");

    /// <summary>The complement of the month, counted from the year 0 in UTC.</summary>
    public static string NewestMonthFirst(DateTimeOffset time) =>
        Hex(~(uint)((time.UtcDateTime.Year * 12) + time.UtcDateTime.Month - 1), "x8");

    /// <summary>The time in a version 7 id, to the millisecond (RFC 9562 §5.7).</summary>
    public static DateTimeOffset TimeOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, LastMillisecond));
    }

    private static string Hex(uint value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
