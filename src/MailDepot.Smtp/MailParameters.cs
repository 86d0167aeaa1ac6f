using System.Buffers.Text;
using System.Text;

namespace MailDepot.Smtp;

/// <summary>MAIL's parameters (RFC 5321 §4.1.1.11): those of the extensions that EHLO announces, each at most once.</summary>
internal static class MailParameters
{
    /// <summary>Parses what follows the reverse-path, leading space included.</summary>
    /// <param name="parameters">ASCII; may be empty.</param>
    /// <param name="size">As <see cref="SmtpCommand.Size"/>.</param>
    /// <param name="utf8">As <see cref="SmtpCommand.Utf8"/>.</param>
    /// <returns>Null, or the reply to invalid parameters.</returns>
    public static SmtpReply? Parse(ReadOnlySpan<byte> parameters, out long? size, out bool utf8)
    {
        size = null;
        utf8 = false;
        var hasBody = false;
        if (!parameters.IsEmpty && parameters[0] != ' ')
        {
            return SmtpReply.BadArgument;
        }

        foreach (var range in parameters.Split((byte)' '))
        {
            var parameter = parameters[range];
            var refusal = parameter.IsEmpty ? null
                : TryStrip(ref parameter, "SIZE="u8) ? ParseSize(parameter, ref size)
                : TryStrip(ref parameter, "BODY="u8) ? ParseBody(parameter, ref hasBody)
                : TryStrip(ref parameter, "SMTPUTF8"u8) ? ParseUtf8(parameter, ref utf8)
                : SmtpReply.UnknownParameter;
            if (refusal is not null)
            {
                return refusal;
            }
        }

        return null;
    }

    /// <summary>RFC 1870 §5: a decimal number of up to 20 digits, more than a <c>long</c> can hold.</summary>
    private static SmtpReply? ParseSize(ReadOnlySpan<byte> digits, ref long? size)
    {
        if (size is not null || digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return SmtpReply.BadArgument;
        }

        size = Utf8Parser.TryParse(digits, out long bytes, out _) ? bytes : long.MaxValue;
        return null;
    }

    /// <summary>
    /// RFC 6152 §2. The value is not kept: bytes are stored as received. BINARYMIME belongs to an extension that is not
    /// announced (RFC 3030 §3).
    /// </summary>
    private static SmtpReply? ParseBody(ReadOnlySpan<byte> body, ref bool given)
    {
        if (Ascii.EqualsIgnoreCase(body, "BINARYMIME"u8))
        {
            return SmtpReply.UnknownParameter;
        }

        var known = Ascii.EqualsIgnoreCase(body, "7BIT"u8) || Ascii.EqualsIgnoreCase(body, "8BITMIME"u8);
        var refusal = given || !known ? SmtpReply.BadArgument : null;
        given = true;
        return refusal;
    }

    /// <summary>RFC 6531 §3.4: a keyword without a value.</summary>
    private static SmtpReply? ParseUtf8(ReadOnlySpan<byte> rest, ref bool given)
    {
        var refusal = !rest.IsEmpty ? SmtpReply.UnknownParameter : given ? SmtpReply.BadArgument : null;
        given = true;
        return refusal;
    }

    private static bool TryStrip(ref ReadOnlySpan<byte> parameter, ReadOnlySpan<byte> keyword)
    {
        if (parameter.Length < keyword.Length || !Ascii.EqualsIgnoreCase(parameter[..keyword.Length], keyword))
        {
            return false;
        }

        parameter = parameter[keyword.Length..];
        return true;
    }
}
