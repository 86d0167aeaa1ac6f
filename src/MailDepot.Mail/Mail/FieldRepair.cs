using System.Buffers;
using System.Text;

using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>Rewrites a header field's value into valid UTF-8 and encoded words, for MimeKit to read.</summary>
/// <remarks>
/// Repaired are letters split across two encoded words, blanks inside a word, a missing end mark, unpadded base64, a wrong or
/// missing charset (RFC 2047), and raw bytes that are not UTF-8 (RFC 6532). Most fields are plain ASCII and are returned as
/// they are.
/// </remarks>
/// <param name="likely">The charset of the mail's body; programs that do not encode headers write them in it, too.</param>
internal sealed class FieldRepair(Encoding? likely)
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);

    /// <summary>Some letters were guessed (<see cref="MailFlag.CharsetGuessed"/>).</summary>
    public bool Guessed { get; private set; }

    /// <summary>Decodes and unfolds a text field.</summary>
    public string Text(ReadOnlyMemory<byte> value) =>
        Header.Unfold(Rfc2047.DecodeText(MimeParsing.Options, Repair(value).ToArray()));

    /// <summary>Decodes text whose charset label may be wrong.</summary>
    public string Decode(ReadOnlySpan<byte> bytes, Encoding? label)
    {
        var text = Charsets.Decode(bytes, label, likely);
        Guessed |= text.Guessed;
        return text.Text;
    }

    /// <summary>The value in valid form.</summary>
    public ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> value)
    {
        var field = value.Span;
        if (Ascii.IsValid(field) && field.IndexOf("=?"u8) < 0)
        {
            return value;
        }

        var repaired = new ArrayBufferWriter<byte>(field.Length + 64);
        var words = new AdjacentWords();
        while (!field.IsEmpty)
        {
            if (EncodedWord.TryRead(field, out var word))
            {
                if (!words.TryAdd(word))
                {
                    Write(words, repaired);
                    _ = words.TryAdd(word);
                }

                field = field[word.Length..];
                continue;
            }

            // Up to the next possible encoded word; blanks between two of them are not text (RFC 2047 §6.2).
            var next = field[1..].IndexOf("=?"u8);
            var raw = next < 0 ? field : field[..(next + 1)];
            field = field[raw.Length..];
            if (words.AreNone || raw.ContainsAnyExcept(Blanks) || !EncodedWord.TryRead(field, out _))
            {
                Write(words, repaired);
                WriteRaw(raw, repaired);
            }
        }

        Write(words, repaired);
        return repaired.WrittenMemory;
    }

    private void WriteRaw(ReadOnlySpan<byte> raw, ArrayBufferWriter<byte> repaired)
    {
        if (System.Text.Unicode.Utf8.IsValid(raw))
        {
            repaired.Write(raw);
            return;
        }

        var text = Charsets.Decode(raw, label: null, likely ?? Charsets.Western);
        Guessed |= text.Guessed;
        repaired.Write(Encoding.UTF8.GetBytes(text.Text));
    }

    /// <summary>Writes the words as one encoded word: decoded, their commas and brackets would separate addresses.</summary>
    private void Write(AdjacentWords words, ArrayBufferWriter<byte> repaired)
    {
        if (words.AreNone)
        {
            return;
        }

        var text = Decode(words.Decode(), Charsets.Find(words.Charset));
        words.Clear();
        repaired.Write("=?utf-8?b?"u8);
        repaired.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(text))));
        repaired.Write("?="u8);
    }
}
