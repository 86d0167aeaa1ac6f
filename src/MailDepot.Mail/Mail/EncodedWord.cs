using System.Buffers;
using System.Text;

using MimeKit.Encodings;

namespace MailDepot.Mail;

/// <summary>An encoded word as found in mail: <c>=?charset?Q?text?=</c> (RFC 2047 §2), common mistakes included.</summary>
internal readonly ref struct EncodedWord
{
    /// <summary>Bytes of a charset's name with its language (RFC 2231 §5); anything longer is not an encoded word.</summary>
    private const int MaxCharset = 60;

    /// <summary>Bytes of the text: RFC 2047 allows 75 for a whole word, but some programs write the whole field as one.</summary>
    private const int MaxText = 8 * 1024;

    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);
    private static readonly SearchValues<byte> InBase64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"u8);

    /// <summary>The declared charset, without a language.</summary>
    public string Charset { get; private init; }

    /// <summary>B, not Q.</summary>
    public bool IsBase64 { get; private init; }

    /// <summary>The encoded text.</summary>
    public ReadOnlySpan<byte> Text { get; private init; }

    /// <summary>Bytes of the whole word.</summary>
    public int Length { get; private init; }

    /// <summary>Reads a word at the start of <paramref name="field"/>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> field, out EncodedWord word)
    {
        word = default;
        if (!field.StartsWith("=?"u8))
        {
            return false;
        }

        var name = field[2..];
        var end = name[..Math.Min(name.Length, MaxCharset)].IndexOf((byte)'?');
        if (end <= 0 || name.Length < end + 3 || name[end + 2] != (byte)'?' || name[..end].IndexOfAny(Blanks) >= 0)
        {
            return false;
        }

        var isBase64 = name[end + 1] is (byte)'b' or (byte)'B';
        if (!isBase64 && name[end + 1] is not ((byte)'q' or (byte)'Q'))
        {
            return false;
        }

        var head = 2 + end + 3;
        var text = ReadText(field[head..Math.Min(field.Length, head + MaxText)], isBase64, out var length);
        var charset = Encoding.Latin1.GetString(name[..end]);
        word = new EncodedWord { Charset = charset.Split('*')[0], IsBase64 = isBase64, Text = text, Length = head + length };
        return true;
    }

    /// <summary>
    /// Reads the text up to its end mark or, if that is missing, to the next blank. In Q an equals sign is followed by hexadecimal
    /// digits only.
    /// </summary>
    private static ReadOnlySpan<byte> ReadText(ReadOnlySpan<byte> rest, bool isBase64, out int length)
    {
        var end = rest.IndexOf("?="u8);
        var other = rest.IndexOf("=?"u8);
        var foreign = isBase64 ? rest.IndexOfAnyExcept(InBase64) : -1;
        if (end >= 0 && (other < 0 || other >= end || (isBase64 && other == end - 1)) && (foreign < 0 || foreign == end))
        {
            length = end + 2;
            return rest[..end];
        }

        var blank = rest.IndexOfAny(Blanks);
        length = blank < 0 ? rest.Length : blank;
        length = other >= 0 && other < length ? other : length;
        length = foreign >= 0 && foreign < length ? foreign : length;
        return rest[..length].TrimEnd((byte)'?');
    }
}

/// <summary>Adjacent encoded words in one charset: a letter may start in one and end in the next.</summary>
internal sealed class AdjacentWords
{
    private readonly List<(bool IsBase64, byte[] Text)> words = [];

    /// <summary>Their common charset.</summary>
    public string Charset { get; private set; } = "";

    /// <summary>There are no words.</summary>
    public bool AreNone => words.Count == 0;

    /// <summary>False if the word has another charset than those before.</summary>
    public bool TryAdd(EncodedWord word)
    {
        if (!AreNone && !word.Charset.Equals(Charset, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        Charset = word.Charset;
        words.Add((word.IsBase64, word.Text.ToArray()));
        return true;
    }

    /// <summary>Starts over.</summary>
    public void Clear() => words.Clear();

    /// <summary>Decodes the words. Base64 words in a row are joined if together they form whole groups, else padded one by one.</summary>
    public ReadOnlySpan<byte> Decode()
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (var n = 0; n < words.Count;)
        {
            if (!words[n].IsBase64)
            {
                Decode(words[n++].Text, new QuotedPrintableDecoder(rfc2047: true), bytes);
                continue;
            }

            var run = new List<byte[]>();
            for (; n < words.Count && words[n].IsBase64; n++)
            {
                run.Add(Significant(words[n].Text));
            }

            foreach (var text in run.Sum(text => text.Length) % 4 == 0 ? [[.. run.SelectMany(text => text)]] : run)
            {
                Decode([.. text, .. Enumerable.Repeat((byte)'=', (4 - (text.Length % 4)) % 4)], new Base64Decoder(), bytes);
            }
        }

        return bytes.WrittenSpan;
    }

    private static byte[] Significant(byte[] text) =>
        [.. text.Where(letter => letter is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))];

    private static void Decode(byte[] text, IMimeDecoder decoder, ArrayBufferWriter<byte> bytes)
    {
        var decoded = new byte[decoder.EstimateOutputLength(text.Length)];
        var length = decoder.Decode(text, 0, text.Length, decoded);
        bytes.Write(decoded.AsSpan(0, length));
    }
}
