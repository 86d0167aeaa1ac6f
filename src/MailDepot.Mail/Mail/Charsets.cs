using System.Collections.Frozen;
using System.Text;

using MimeKit;

using UtfUnknown;

namespace MailDepot.Mail;

/// <summary>Decodes text whose charset label may be wrong.</summary>
/// <remarks>
/// In this order: valid UTF-8 is UTF-8, as nothing else looks like it; what the label decodes without an error is what the
/// label says; the rest is guessed, by statistics if there is enough of it. Labels are read as browsers do
/// (WHATWG Encoding §4.2): Latin 1 as windows-1252, GB 2312 as GB 18030.
/// </remarks>
internal static class Charsets
{
    /// <summary>Non-ASCII bytes that prove UTF-8 against a double-byte label; a few bytes in such a charset can look like UTF-8.</summary>
    private const int Proof = 6;

    /// <summary>Non-ASCII bytes from which statistics are meaningful.</summary>
    private const int MinStatistics = 12;

    /// <summary>Bytes examined by statistics, at most.</summary>
    private const int MaxStatistics = 64 * 1024;

    private const int ShiftJis = 932;

    /// <summary>Includes JIS X 0212.</summary>
    private const int EucJp = 20932;

    /// <summary>Without JIS X 0212, but with IBM's characters in the NEC rows, which <see cref="EucJp"/> maps to private use.</summary>
    private const int EucJpOfWindows = 51932;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly FrozenDictionary<int, int> Wider = new Dictionary<int, int>
    {
        [20127] = 1252, // us-ascii
        [28591] = 1252, // iso-8859-1
        [28599] = 1254, // iso-8859-9, Turkish
        [28601] = 874, // iso-8859-11, Thai
        [936] = 54936, // gb2312, gbk
        [20936] = 54936,
        [51936] = 54936,
        [949] = 949, // ks_c_5601
        [51949] = 949, // euc-kr
        [EucJpOfWindows] = EucJp,
    }.ToFrozenDictionary();

    /// <summary>Windows-1252: what unlabelled text most often is; every byte is a character.</summary>
    public static Encoding Western { get; } = Encoding.GetEncoding(1252);

    /// <summary>The charset of a label, or its superset; null for no label or an unknown one.</summary>
    public static Encoding? Find(string? label)
    {
        if (label?.Trim(' ', '"', '\'') is not { Length: > 0 } name)
        {
            return null;
        }

        if (Utf7.IsNamed(name))
        {
            return Utf7.Instance;
        }

        // MimeKit knows labels used in mail that .NET does not, such as cp932 and utf8.
        var found = name.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? Encoding.UTF8
            : new ContentType("text", "plain") { Charset = name }.CharsetEncoding;
        return found is not null && Wider.TryGetValue(found.CodePage, out var wider) ? Encoding.GetEncoding(wider) : found;
    }

    /// <summary>The charset of a Windows code page; null for one that .NET does not know.</summary>
    public static Encoding? OfCodePage(int number)
    {
        try
        {
            return number <= 0 ? null : Encoding.GetEncoding(number);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Decodes; never fails.</summary>
    /// <param name="bytes">The whole text; a letter cut off at the end is dropped.</param>
    /// <param name="label">The declared charset, if any.</param>
    /// <param name="likely">The guess if nothing is certain; null lets statistics decide.</param>
    public static DecodedText Decode(ReadOnlySpan<byte> bytes, Encoding? label, Encoding? likely = null)
    {
        if (label is not null && (IsWide(label) || (IsStateful(label) && MayBeStateful(bytes))))
        {
            return new DecodedText(label.GetString(bytes), label.WebName, Guessed: false);
        }

        if (Ascii.IsValid(bytes))
        {
            return new DecodedText(Encoding.ASCII.GetString(bytes), label?.WebName ?? "us-ascii", Guessed: false);
        }

        label = label is not null && IsStateful(label) ? null : label;
        var beyond = CountBeyondAscii(bytes);
        var cut = CutLetter(bytes);
        var whole = bytes[..^(beyond - cut >= Proof ? cut : 0)];
        if (System.Text.Unicode.Utf8.IsValid(whole)
            && (label is null || label.IsSingleByte || label.CodePage == 65001 || beyond >= Proof))
        {
            return new DecodedText(Encoding.UTF8.GetString(whole), "utf-8", Guessed: false);
        }

        if (label is not null && Strictly(label, bytes) is { } text)
        {
            return new DecodedText(text, label.WebName, Guessed: false);
        }

        if (label?.CodePage == 65001 && Mostly(label, bytes, beyond) is { } utf8)
        {
            return new DecodedText(utf8, label.WebName, Guessed: true);
        }

        likely = likely is not null && IsStateful(likely) ? null : likely;
        var guess = likely ?? (beyond >= MinStatistics ? ByStatistics(bytes) : null) ?? Western;
        if (label is { IsSingleByte: false } && (guess.IsSingleByte || Strictly(guess, bytes) is null)
            && Mostly(label, bytes, beyond) is { } mostly)
        {
            // A few invalid characters don't disprove the label; another double-byte charset that fits does.
            return new DecodedText(mostly, label.WebName, Guessed: true);
        }

        return new DecodedText(
            Strictly(guess, bytes) ?? Mostly(guess, bytes, beyond) ?? Western.GetString(bytes), guess.WebName, Guessed: true);
    }

    /// <summary>Decodes with U+FFFD for invalid characters; null if those are more than a quarter.</summary>
    /// <param name="charset">Of about two bytes a letter.</param>
    /// <param name="bytes">The text.</param>
    /// <param name="beyond">Its non-ASCII bytes.</param>
    private static string? Mostly(Encoding charset, ReadOnlySpan<byte> bytes, int beyond)
    {
        const int BytesPerLetter = 2, Quarter = 4;
        var lenient =
            Encoding.GetEncoding(charset.CodePage, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("\uFFFD"));
        var text = lenient.GetString(bytes);
        return text.Count(c => c == '\uFFFD') * Quarter * BytesPerLetter <= beyond ? text : null;
    }

    private static Encoding? ByStatistics(ReadOnlySpan<byte> bytes)
    {
        const float Confident = 0.5f;
        var found = CharsetDetector.DetectFromBytes(bytes[..Math.Min(bytes.Length, MaxStatistics)].ToArray()).Detected;
        return found is { Confidence: > Confident, Encoding: not null } ? Find(found.Encoding.WebName) : null;
    }

    private static string? Strictly(Encoding charset, ReadOnlySpan<byte> bytes)
    {
        if (charset.IsSingleByte)
        {
            return charset.GetString(bytes);
        }

        try
        {
            var strict = charset.CodePage == 65001 ? StrictUtf8
                : Encoding.GetEncoding(charset.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
            var text = strict.GetString(bytes);
            return charset.CodePage == EucJp && text.AsSpan().ContainsAnyInRange('\uE000', '\uF8FF')
                ? Strictly(Encoding.GetEncoding(EucJpOfWindows), bytes) ?? text
                : text;
        }
        catch (DecoderFallbackException)
        {
            return charset.CodePage == ShiftJis ? ShiftJisOfNec(bytes) : null;
        }
    }

    /// <summary>
    /// .NET decodes IBM's characters in NEC's rows 89 to 92 (lead bytes ED and EE, WHATWG's index jis0208) only with a fallback,
    /// which also turns invalid bytes into a middle dot. Null if it did that.
    /// </summary>
    private static string? ShiftJisOfNec(ReadOnlySpan<byte> bytes)
    {
        const char Dot = '\u30FB';
        var text = Encoding.GetEncoding(ShiftJis).GetString(bytes);
        var dropping = Encoding.GetEncoding(ShiftJis, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback(""));
        return text.Count(c => c == Dot) == dropping.GetString(bytes).Count(c => c == Dot) ? text : null;
    }

    /// <summary>UTF-16 and UTF-32, which encode ASCII differently.</summary>
    private static bool IsWide(Encoding charset) => charset.CodePage is 1200 or 1201 or 12000 or 12001;

    /// <summary>ISO-2022, HZ, UTF-7: ASCII bytes only, with escape sequences.</summary>
    private static bool IsStateful(Encoding charset) => charset.CodePage is (>= 50220 and <= 50229) or 52936 or Utf7.Number;

    /// <summary>Non-ASCII bytes without any escape sequence disprove it; beside escape sequences they are just damage.</summary>
    private static bool MayBeStateful(ReadOnlySpan<byte> bytes) =>
        Ascii.IsValid(bytes) || bytes.IndexOf((byte)0x1B) >= 0 || bytes.IndexOf("~{"u8) >= 0;

    private static int CountBeyondAscii(ReadOnlySpan<byte> bytes)
    {
        var count = 0;
        foreach (var value in bytes)
        {
            count += value >> 7;
        }

        return count;
    }

    /// <summary>Bytes of an incomplete UTF-8 sequence at the end.</summary>
    private static int CutLetter(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var value = bytes[^back];
            if (value is >= 0xC0 and < 0xF8)
            {
                return back < (value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : 2) ? back : 0;
            }

            if (value < 0x80)
            {
                return 0;
            }
        }

        return 0;
    }
}

/// <summary>Decoded text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Charset">The charset it was decoded from.</param>
/// <param name="Guessed">Neither the label nor the bytes prove that charset.</param>
internal readonly record struct DecodedText(string Text, string Charset, bool Guessed);
