using System.Buffers;
using System.Text;

namespace MailDepot.Mail;

/// <summary>UTF-7 (RFC 2152), which .NET no longer supports: a plus sign starts base64 of UTF-16.</summary>
/// <remarks>Only for text labelled UTF-7, as any text may have a plus sign. A sequence without whole letters stays as it is.</remarks>
internal sealed class Utf7() : Encoding(Number)
{
    /// <summary>The code page's number.</summary>
    public const int Number = 65000;

    private static readonly SearchValues<byte> InBase64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    /// <summary>The shared instance.</summary>
    public static Utf7 Instance { get; } = new();

    /// <inheritdoc/>
    public override string WebName => "utf-7";

    /// <summary>Its names in RFC 2152 and RFC 1642, and one that programs write.</summary>
    public static bool IsNamed(string label) => label.ToLowerInvariant() is "utf-7" or "unicode-1-1-utf-7" or "utf7";

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => Text(bytes.AsSpan(index, count)).Length;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var text = Text(bytes.AsSpan(byteIndex, byteCount));
        text.CopyTo(chars.AsSpan(charIndex));
        return text.Length;
    }

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount;

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => throw new NotSupportedException();

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        for (var plus = bytes.IndexOf((byte)'+'); plus >= 0; plus = bytes.IndexOf((byte)'+'))
        {
            _ = text.Append(Latin1.GetString(bytes[..plus]));
            bytes = bytes[(plus + 1)..];
            var end = bytes.IndexOfAnyExcept(InBase64);
            var encoded = end < 0 ? bytes : bytes[..end];
            bytes = bytes[encoded.Length..];
            var isEnded = bytes.StartsWith("-"u8);
            bytes = bytes[(isEnded ? 1 : 0)..];
            _ = encoded.IsEmpty ? text.Append('+')
                : Letters(encoded) is { } letters ? text.Append(letters)
                : text.Append('+').Append(Latin1.GetString(encoded)).Append(isEnded ? "-" : null);
        }

        return text.Append(Latin1.GetString(bytes)).ToString();
    }

    /// <summary>Decodes base64 to letters; null if it has less than one, or ends in half of one. Leftover bits must be zero.</summary>
    private static string? Letters(ReadOnlySpan<byte> encoded)
    {
        const int BitsOfUnit = 16, BitsOfDigit = 6;
        var units = new char[encoded.Length * BitsOfDigit / BitsOfUnit];
        var (bits, count, filled) = (0, 0, 0);
        foreach (var digit in encoded)
        {
            bits = ((bits << BitsOfDigit) | Value(digit)) & 0x3FFFFF;
            count += BitsOfDigit;
            if (count >= BitsOfUnit)
            {
                count -= BitsOfUnit;
                units[filled++] = (char)(bits >> count);
            }
        }

        var isWhole = filled > 0 && count < BitsOfDigit && (bits & ((1 << count) - 1)) == 0;
        return isWhole && IsWellFormed(units) ? new string(units) : null;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> units)
    {
        while (!units.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(units, out _, out var length) is not OperationStatus.Done)
            {
                return false;
            }

            units = units[length..];
        }

        return true;
    }

    private static int Value(byte digit) => digit switch
    {
        >= (byte)'a' => digit - 'a' + 26,
        >= (byte)'A' => digit - 'A',
        >= (byte)'0' => digit - '0' + 52,
        (byte)'+' => 62,
        _ => 63,
    };
}
