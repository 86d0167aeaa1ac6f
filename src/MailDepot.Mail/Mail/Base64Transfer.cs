using System.Buffers;
using System.Buffers.Text;

namespace MailDepot.Mail;

/// <summary>Base64 as found in mail (RFC 2045 §6.8): in lines, with or without padding, ignoring foreign characters.</summary>
/// <remarks>
/// The result is uncertain with: characters outside the alphabet, which probably indicate a transmission error
/// (RFC 2045 §6.8); data after padding, where some decoders stop; a last group of one character, or an unpadded one with
/// bits left over, both signs of truncation. Missing or surplus padding alone is harmless.
/// </remarks>
internal sealed class Base64Transfer : TransferDecoder
{
    /// <summary>Characters that encode three bytes.</summary>
    private const int Group = 4;

    /// <summary>Bytes searched for a line's end at a time, so that an endless line is not searched to its end from each group.</summary>
    private const int MaxLineLength = 1024;

    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);

    private uint bits;
    private int count;
    private bool isPadded;
    private bool isUncertain;

    /// <inheritdoc/>
    public override bool IsUncertain => isUncertain;

    /// <inheritdoc/>
    public override int MaxDecoded(int length) => ((length / Group) + 2) * 3;

    /// <inheritdoc/>
    public override int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        var written = 0;
        while (!encoded.IsEmpty)
        {
            if (count == 0 && !isPadded && WholeGroups(encoded) is { Length: > 0 } groups)
            {
                _ = Base64.DecodeFromUtf8(groups, decoded[written..], out var consumed, out var made, isFinalBlock: false);
                written += made;
                encoded = encoded[consumed..];
                if (consumed > 0)
                {
                    continue;
                }
            }

            written += Take(encoded[0], decoded[written..]);
            encoded = encoded[1..];
        }

        return written;
    }

    /// <inheritdoc/>
    public override int End(Span<byte> decoded)
    {
        // If the encoder meant to end here, the leftover bits are zero.
        isUncertain |= count == 1 || (count == 2 && (bits & 0x0F) != 0) || (count == 3 && (bits & 0x03) != 0);
        return Flush(decoded);
    }

    /// <summary>The whole groups before the first blank: .NET's decoder loses a group with a blank inside.</summary>
    private static ReadOnlySpan<byte> WholeGroups(ReadOnlySpan<byte> encoded)
    {
        var line = encoded[..Math.Min(encoded.Length, MaxLineLength)];
        var end = line.IndexOfAny(Blanks);
        var length = end < 0 ? line.Length : end;
        return line[..(length - (length % Group))];
    }

    private int Take(byte character, Span<byte> decoded)
    {
        switch (character)
        {
            case (byte)'=':
                return Pad(decoded);
            case var blank when Blanks.Contains(blank):
                return 0;
        }

        var value = Value(character);
        isUncertain |= value < 0 || isPadded;
        if (value < 0)
        {
            return 0;
        }

        (isPadded, bits) = (false, (bits << 6) | (uint)value);
        return ++count == Group ? Flush(decoded) : 0;
    }

    private int Pad(Span<byte> decoded)
    {
        // Only after a single character is padding a sign of damage; with nothing to pad it is merely surplus.
        isUncertain |= count == 1;
        isPadded = true;
        return Flush(decoded);
    }

    private int Flush(Span<byte> decoded)
    {
        var made = Math.Max(0, count - 1);
        var group = bits << (6 * (Group - count));
        for (var n = 0; n < made; n++)
        {
            decoded[n] = (byte)(group >> (16 - (8 * n)));
        }

        (bits, count) = (0, 0);
        return made;
    }

    private static int Value(byte character) => character switch
    {
        >= (byte)'A' and <= (byte)'Z' => character - 'A',
        >= (byte)'a' and <= (byte)'z' => character - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => character - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };
}
