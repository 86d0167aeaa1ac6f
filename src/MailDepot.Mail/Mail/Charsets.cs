using System.Collections.Frozen;
using System.Text;

using MimeKit;

using UtfUnknown;

namespace MailDepot.Mail;

/// <summary>Turns octets into text when the label may lie.</summary>
/// <remarks>
/// In this order: what is UTF-8 by its form, is UTF-8, for nothing else looks like it; what the label can decode
/// without an error, is what the label says; what is left is guessed, by statistics where there is enough of it.
/// Labels are read as browsers do (WHATWG Encoding §4.2): Latin 1 as windows-1252, GB 2312 as GB 18030.
/// </remarks>
internal static class Charsets
{
    /// <summary>Octets beyond ASCII that prove UTF-8 against the label of a charset of two octets a letter: a few of theirs look like it.</summary>
    private const int Proof = 6;

    /// <summary>Octets beyond ASCII from which statistics say something.</summary>
    private const int MinStatistics = 12;

    /// <summary>Octets that statistics look at.</summary>
    private const int MaxStatistics = 64 * 1024;

    private const int ShiftJis = 932;

    /// <summary>With the letters of JIS X 0212.</summary>
    private const int EucJp = 20932;

    /// <summary>Without them, and with those of IBM in NEC's rows, which the other one takes for private use.</summary>
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

    /// <summary>Windows' Western letters: what unlabelled octets mean most often, and every octet means something.</summary>
    public static Encoding Western { get; } = Encoding.GetEncoding(1252);

    /// <summary>The charset of a label, in its wider form; null for none or one that nobody knows.</summary>
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

        // MimeKit knows the labels of mail that .NET does not, such as cp932 and utf8.
        var found = name.Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : new ContentType("text", "plain") { Charset = name }.CharsetEncoding;
        return found is not null && Wider.TryGetValue(found.CodePage, out var wider) ? Encoding.GetEncoding(wider) : found;
    }

    /// <summary>The charset of a Windows code page; null for one that .NET does not have.</summary>
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
    /// <param name="octets">All of the text: a letter that is cut off at the end is left out.</param>
    /// <param name="label">The charset that is named, if any.</param>
    /// <param name="likely">What it probably is where nothing is sure; null lets statistics decide.</param>
    public static DecodedText Decode(ReadOnlySpan<byte> octets, Encoding? label, Encoding? likely = null)
    {
        if (label is not null && (IsWide(label) || (IsStateful(label) && MayBeStateful(octets))))
        {
            return new DecodedText(label.GetString(octets), label.WebName, Guessed: false);
        }

        if (Ascii.IsValid(octets))
        {
            return new DecodedText(Encoding.ASCII.GetString(octets), label?.WebName ?? "us-ascii", Guessed: false);
        }

        label = label is not null && IsStateful(label) ? null : label;
        var beyond = CountBeyondAscii(octets);
        var cut = CutLetter(octets);
        var whole = octets[..^(beyond - cut >= Proof ? cut : 0)];
        if (System.Text.Unicode.Utf8.IsValid(whole) && (label is null || label.IsSingleByte || label.CodePage == 65001 || beyond >= Proof))
        {
            return new DecodedText(Encoding.UTF8.GetString(whole), "utf-8", Guessed: false);
        }

        if (label is not null && Strictly(label, octets) is { } text)
        {
            return new DecodedText(text, label.WebName, Guessed: false);
        }

        if (label?.CodePage == 65001 && Mostly(label, octets, beyond) is { } utf8)
        {
            return new DecodedText(utf8, label.WebName, Guessed: true);
        }

        likely = likely is not null && IsStateful(likely) ? null : likely;
        var guess = likely ?? (beyond >= MinStatistics ? ByStatistics(octets) : null) ?? Western;
        if (label is { IsSingleByte: false } && (guess.IsSingleByte || Strictly(guess, octets) is null)
            && Mostly(label, octets, beyond) is { } mostly)
        {
            // A few wrong letters don't disprove the label; a charset of two octets a letter that fits does.
            return new DecodedText(mostly, label.WebName, Guessed: true);
        }

        return new DecodedText(
            Strictly(guess, octets) ?? Mostly(guess, octets, beyond) ?? Western.GetString(octets), guess.WebName, Guessed: true);
    }

    /// <summary>With U+FFFD for what is none of its letters; null if that is more than a quarter.</summary>
    /// <param name="charset">Of two octets a letter, by and large.</param>
    /// <param name="octets">The text.</param>
    /// <param name="beyond">Octets of it beyond ASCII.</param>
    private static string? Mostly(Encoding charset, ReadOnlySpan<byte> octets, int beyond)
    {
        const int OctetsOfALetter = 2, Quarter = 4;
        var lenient = Encoding.GetEncoding(charset.CodePage, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("\uFFFD"));
        var text = lenient.GetString(octets);
        return text.Count(c => c == '\uFFFD') * Quarter * OctetsOfALetter <= beyond ? text : null;
    }

    private static Encoding? ByStatistics(ReadOnlySpan<byte> octets)
    {
        const float Confident = 0.5f;
        var found = CharsetDetector.DetectFromBytes(octets[..Math.Min(octets.Length, MaxStatistics)].ToArray()).Detected;
        return found is { Confidence: > Confident, Encoding: not null } ? Find(found.Encoding.WebName) : null;
    }

    private static string? Strictly(Encoding charset, ReadOnlySpan<byte> octets)
    {
        if (charset.IsSingleByte)
        {
            return charset.GetString(octets);
        }

        try
        {
            var strict = charset.CodePage == 65001 ? StrictUtf8
                : Encoding.GetEncoding(charset.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
            var text = strict.GetString(octets);
            return charset.CodePage == EucJp && text.AsSpan().ContainsAnyInRange('\uE000', '\uF8FF')
                ? Strictly(Encoding.GetEncoding(EucJpOfWindows), octets) ?? text
                : text;
        }
        catch (DecoderFallbackException)
        {
            return charset.CodePage == ShiftJis ? ShiftJisOfNec(octets) : null;
        }
    }

    /// <summary>
    /// .NET knows the letters of IBM in NEC's rows 89 to 92 (lead octets ED and EE, WHATWG's index jis0208) only where it may also
    /// read what is no letter as a middle dot. Null if it did that.
    /// </summary>
    private static string? ShiftJisOfNec(ReadOnlySpan<byte> octets)
    {
        const char Dot = '\u30FB';
        var text = Encoding.GetEncoding(ShiftJis).GetString(octets);
        var known = Encoding.GetEncoding(ShiftJis, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("")).GetString(octets);
        return text.Count(c => c == Dot) == known.Count(c => c == Dot) ? text : null;
    }

    /// <summary>UTF-16 and UTF-32: ASCII does not look like ASCII in them.</summary>
    private static bool IsWide(Encoding charset) => charset.CodePage is 1200 or 1201 or 12000 or 12001;

    /// <summary>ISO-2022, HZ, UTF-7: ASCII on the wire, letters by escapes.</summary>
    private static bool IsStateful(Encoding charset) => charset.CodePage is (>= 50220 and <= 50229) or 52936 or Utf7.Number;

    /// <summary>Octets beyond ASCII, and no escape, disprove it; beside escapes they are a blemish.</summary>
    private static bool MayBeStateful(ReadOnlySpan<byte> octets) =>
        Ascii.IsValid(octets) || octets.IndexOf((byte)0x1B) >= 0 || octets.IndexOf("~{"u8) >= 0;

    private static int CountBeyondAscii(ReadOnlySpan<byte> octets)
    {
        var count = 0;
        foreach (var octet in octets)
        {
            count += octet >> 7;
        }

        return count;
    }

    /// <summary>Octets at the end that begin a letter of UTF-8 and do not end it.</summary>
    private static int CutLetter(ReadOnlySpan<byte> octets)
    {
        for (var back = 1; back <= Math.Min(3, octets.Length); back++)
        {
            var octet = octets[^back];
            if (octet is >= 0xC0 and < 0xF8)
            {
                return back < (octet >= 0xF0 ? 4 : octet >= 0xE0 ? 3 : 2) ? back : 0;
            }

            if (octet < 0x80)
            {
                return 0;
            }
        }

        return 0;
    }
}

/// <summary>Text that was octets.</summary>
/// <param name="Charset">The charset it was read in.</param>
/// <param name="Guessed">Neither the label nor its form proves that charset.</param>
internal readonly record struct DecodedText(string Text, string Charset, bool Guessed);
