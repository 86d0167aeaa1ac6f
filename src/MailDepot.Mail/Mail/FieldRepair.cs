using System.Buffers;
using System.Text;

using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>Writes a header field's value as it should have been, for MimeKit to read: UTF-8, and encoded words that are right.</summary>
/// <remarks>
/// What is mended: letters split over two encoded words, blanks inside them, a missing end, base64 without its padding,
/// a charset that is not the one named, or named nowhere (RFC 2047); and raw octets that are no UTF-8 (RFC 6532). Most
/// fields are plain ASCII, and come back as they are.
/// </remarks>
/// <param name="likely">The charset of the mail's body, in which programs that encode nothing write its header, too.</param>
internal sealed class FieldRepair(Encoding? likely)
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);

    /// <summary>Some letters were guessed: <see cref="MailFlag.CharsetGuessed"/>.</summary>
    public bool Guessed { get; private set; }

    /// <summary>Decodes and unfolds a field of text.</summary>
    public string Text(ReadOnlyMemory<byte> value)
    {
        var mended = Repair(value);
        return Header.Unfold(Rfc2047.DecodeText(MimeParsing.Options, mended.ToArray()));
    }

    /// <summary>What a label is true of, or is not.</summary>
    public string Decode(ReadOnlySpan<byte> octets, Encoding? label)
    {
        var text = Charsets.Decode(octets, label, likely);
        Guessed |= text.Guessed;
        return text.Text;
    }

    /// <summary>The value, in octets that mean the same and are right.</summary>
    public ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> value)
    {
        var field = value.Span;
        if (Ascii.IsValid(field) && field.IndexOf("=?"u8) < 0)
        {
            return value;
        }

        var mended = new ArrayBufferWriter<byte>(field.Length + 64);
        var words = new AdjacentWords();
        while (!field.IsEmpty)
        {
            if (EncodedWord.TryRead(field, out var word))
            {
                if (!words.TryAdd(word))
                {
                    Write(words, mended);
                    _ = words.TryAdd(word);
                }

                field = field[word.Length..];
                continue;
            }

            // Up to the next that may be an encoded word; blanks between two of them are no text (RFC 2047 §6.2).
            var next = field[1..].IndexOf("=?"u8);
            var raw = next < 0 ? field : field[..(next + 1)];
            field = field[raw.Length..];
            if (words.AreNone || raw.ContainsAnyExcept(Blanks) || !EncodedWord.TryRead(field, out _))
            {
                Write(words, mended);
                WriteRaw(raw, mended);
            }
        }

        Write(words, mended);
        return mended.WrittenMemory;
    }

    private void WriteRaw(ReadOnlySpan<byte> raw, ArrayBufferWriter<byte> mended)
    {
        if (System.Text.Unicode.Utf8.IsValid(raw))
        {
            mended.Write(raw);
            return;
        }

        var text = Charsets.Decode(raw, label: null, likely ?? Charsets.Western);
        Guessed |= text.Guessed;
        mended.Write(Encoding.UTF8.GetBytes(text.Text));
    }

    /// <summary>As one encoded word: what it says may hold commas and brackets, which would part addresses.</summary>
    private void Write(AdjacentWords words, ArrayBufferWriter<byte> mended)
    {
        if (words.AreNone)
        {
            return;
        }

        var text = Decode(words.Decode(), Charsets.Find(words.Charset));
        words.Clear();
        mended.Write("=?utf-8?b?"u8);
        mended.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(text))));
        mended.Write("?="u8);
    }
}
