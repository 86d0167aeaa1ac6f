using System.Buffers;
using System.Text;

namespace MailDepot.Mail;

/// <summary>
/// Internationalized domains: one name with two spellings, <c>bücher.example</c> and <c>xn--bcher-kva.example</c>
/// (RFC 5890 §2.3.2.1).
/// </summary>
/// <remarks>
/// .NET's IdnMapping does not fit keys that must never change: without ICU it rejects registered names, such as Hebrew ones
/// with a digit (RFC 5893 allows them), and with ICU it maps ß to ss, as the older IDNA did. Decomposed letters (a u and a
/// separate diaeresis) stay decomposed: .NET can't compose them without ICU.
/// </remarks>
internal static class DomainName
{
    /// <summary>The prefix of an A-label (RFC 5890 §2.3.2.5).</summary>
    private const string Prefix = "xn--";

    /// <summary>Characters of a label on the wire (RFC 1035 §2.3.4).</summary>
    private const int MaxLabelLength = 63;

    /// <summary>Distance from an ASCII character to its fullwidth form (RFC 5895 §2.2).</summary>
    private const int Fullwidth = '！' - '!';

    /// <summary>ASCII characters that no domain has: their presence means that a malformed mail has other text in its place.</summary>
    private static readonly SearchValues<char> Foreign = SearchValues.Create(
        [.. Enumerable.Range(0, 128).Select(code => (char)code).Where(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))]);

    /// <summary>
    /// The domain with each non-ASCII label replaced by its A-label. A label that has none stays as it is, and so does every
    /// existing A-label, whether or not it can be decoded.
    /// </summary>
    /// <param name="domain">Lower case.</param>
    public static string ToALabels(string domain)
    {
        var plain = string.Create(domain.Length, domain, (letters, text) =>
        {
            for (var n = 0; n < text.Length; n++)
            {
                letters[n] = text[n] switch
                {
                    '。' or '｡' => '.', // IDEOGRAPHIC FULL STOP and its half-width form (RFC 5895 §2.4)
                    >= '！' and <= '～' => (char)(text[n] - Fullwidth),
                    var c => c,
                };
            }
        });
        return plain.AsSpan().ContainsAny(Foreign) ? domain : string.Join('.', plain.Split('.').Select(ToALabel));
    }

    private static string ToALabel(string label)
    {
        // An A-label has more characters than its U-label, so long labels need not be encoded.
        if (Ascii.IsValid(label) || label.StartsWith(Prefix, StringComparison.Ordinal) || label.Length > 2 * MaxLabelLength)
        {
            return label;
        }

        var encoded = Prefix + Punycode.Encode(label);
        return encoded.Length <= MaxLabelLength ? encoded : label;
    }
}
