using System.Text;

namespace MailDepot.Mail;

/// <summary>
/// Takes A-labels through MimeKit as they are written: it decodes those in lower case, and keeps whatever comes out, so that
/// <c>a@xn--a.example</c> would get an invisible control character, U+0080, for a domain.
/// </summary>
/// <param name="isHidden">The field was changed.</param>
internal readonly struct RawALabels(bool isHidden)
{
    /// <summary>In place of the beginning of an A-label; an atom too (RFC 5322 §3.2.3), and in hardly any mail.</summary>
    private const string Stand = "xn-`-", Prefix = "xn--";

    /// <summary>Hides those of a field. One that has none, as nearly all have, is given back as it is.</summary>
    public static RawALabels Hide(ref byte[] field)
    {
        if (field.AsSpan().IndexOf("xn--"u8) < 0 || field.AsSpan().IndexOf("xn-`-"u8) >= 0)
        {
            return default;
        }

        field = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(field).Replace(Prefix, Stand, StringComparison.Ordinal));
        return new RawALabels(isHidden: true);
    }

    /// <summary>A name or an address as it was written.</summary>
    public string Show(string text) => isHidden ? text.Replace(Stand, Prefix, StringComparison.Ordinal) : text;
}
