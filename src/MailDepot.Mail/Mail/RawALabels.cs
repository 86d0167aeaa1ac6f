using System.Text;

namespace MailDepot.Mail;

/// <summary>
/// Keeps MimeKit from decoding A-labels: it decodes lower-case ones and keeps whatever results, so that
/// <c>a@xn--a.example</c> would get an invisible control character, U+0080, as its domain.
/// </summary>
/// <param name="isHidden">The field was changed.</param>
internal readonly struct RawALabels(bool isHidden)
{
    /// <summary>Replaces an A-label's prefix; also an atom (RFC 5322 §3.2.3), and hardly ever seen in mail.</summary>
    private const string Placeholder = "xn-`-", Prefix = "xn--";

    /// <summary>Hides the A-labels of a field; a field without any, as nearly all are, stays as it is.</summary>
    public static RawALabels Hide(ref byte[] field)
    {
        if (field.AsSpan().IndexOf("xn--"u8) < 0 || field.AsSpan().IndexOf("xn-`-"u8) >= 0)
        {
            return default;
        }

        field = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(field).Replace(Prefix, Placeholder, StringComparison.Ordinal));
        return new RawALabels(isHidden: true);
    }

    /// <summary>Restores the A-labels in a name or an address.</summary>
    public string Show(string text) => isHidden ? text.Replace(Placeholder, Prefix, StringComparison.Ordinal) : text;
}
