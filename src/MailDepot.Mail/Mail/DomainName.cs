using System.Buffers;
using System.Text;

namespace MailDepot.Mail;

/// <summary>Domains beyond ASCII: one name, two spellings, <c>bücher.example</c> and <c>xn--bcher-kva.example</c> (RFC 5890 §2.3.2.1).</summary>
/// <remarks>
/// .NET's IdnMapping is no help for keys that must stay the same for ever: without ICU it refuses registered names, such as
/// Hebrew ones with a digit (RFC 5893 allows them), and with ICU it maps ß to ss, as the older IDNA did. Letters that are
/// decomposed (a u and a separate diaeresis) stay so: .NET composes none without ICU.
/// </remarks>
internal static class DomainName
{
    /// <summary>What an A-label begins with (RFC 5890 §2.3.2.5).</summary>
    private const string Prefix = "xn--";

    /// <summary>Characters of a label on the wire (RFC 1035 §2.3.4).</summary>
    private const int LongestLabel = 63;

    /// <summary>From a fullwidth letter, digit or sign to its ASCII twin (RFC 5895 §2.2).</summary>
    private const int Fullwidth = '！' - '!';

    /// <summary>ASCII that no domain has: what holds it is text that a broken mail has where an address should be.</summary>
    private static readonly SearchValues<char> Foreign = SearchValues.Create(
        [.. Enumerable.Range(0, 128).Select(code => (char)code).Where(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))]);

    /// <summary>
    /// The domain with an A-label for each label beyond ASCII. What has no A-label stays as it is, and so does every
    /// A-label, whether it can be decoded or not.
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
                    '。' or '｡' => '.', // IDEOGRAPHIC FULL STOP, and its half-width form (RFC 5895 §2.4)
                    >= '！' and <= '～' => (char)(text[n] - Fullwidth),
                    var c => c,
                };
            }
        });
        return plain.AsSpan().ContainsAny(Foreign) ? domain : string.Join('.', plain.Split('.').Select(ToALabel));
    }

    private static string ToALabel(string label)
    {
        // An A-label is longer than its U-label has letters, so nothing long is ever encoded.
        if (Ascii.IsValid(label) || label.StartsWith(Prefix, StringComparison.Ordinal) || label.Length > 2 * LongestLabel)
        {
            return label;
        }

        var encoded = Prefix + Punycode.Encode(label);
        return encoded.Length <= LongestLabel ? encoded : label;
    }
}
