using System.Text;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Lines that mails are cut from, with CRLF, the same in every run.</summary>
internal static class Stock
{
    /// <summary>Size of a stock: so large that mails cut from different places hardly have lines in common.</summary>
    private const int Bytes = 2_000_000;

    /// <summary>Characters of a base64 line without its end (RFC 2045 §6.8).</summary>
    public const int Base64Line = 76;

    private const int Seed = 2026;
    private const int Words = 3_000;

    /// <summary>Lines of words, frequent words short: gzip shrinks them to less than half, like real letters.</summary>
    public static ReadOnlyMemory<byte> Prose()
    {
        const int LineLength = 72;
        var random = new Random(Seed);
        var words = Enumerable.Range(0, Words).Select(rank => Word(random, 1 + (rank / 300))).ToArray();
        var text = new StringBuilder(Bytes + Base64Line);
        var column = 0;
        while (text.Length < Bytes)
        {
            var word = words[(int)(Words * Math.Pow(random.NextDouble(), 3))];
            text.Append(word).Append(column > LineLength ? "\r\n" : " ");
            column = column > LineLength ? 0 : column + word.Length + 1;
        }

        return Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
    }

    /// <summary>Base64 of random bytes.</summary>
    public static ReadOnlyMemory<byte> Base64()
    {
        var noise = new byte[Bytes / 4 * 3];
        new Random(Seed).NextBytes(noise);
        return Encoding.ASCII.GetBytes(Convert.ToBase64String(noise, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
    }

    /// <summary>Whole lines from a random place, at most this many bytes, which must have room for one line.</summary>
    public static ReadOnlySpan<byte> Lines(ReadOnlySpan<byte> stock, Random random, int bytes)
    {
        var place = stock[random.Next(stock.Length - bytes - (2 * Base64Line))..];
        var from = place[(place.IndexOf((byte)'\n') + 1)..];
        return from[..(from[..bytes].LastIndexOf((byte)'\n') + 1)];
    }

    private static string Word(Random random, int syllables) => string.Concat(Enumerable.Range(0, syllables).Select(_ =>
        $"{"bcdfghklmnprstvw"[random.Next(16)]}{"aeiou"[random.Next(5)]}"));
}
