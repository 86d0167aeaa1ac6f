using System.Formats.Asn1;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>Recognizes signed and encrypted parts; checks no signature and decrypts nothing.</summary>
internal static class Protection
{
    /// <summary>First bytes of a CMS object, enough to contain its type.</summary>
    private const int CmsHead = 64;

    /// <summary>The flag for a multipart's type (RFC 1847 §2): <c>multipart/signed</c>, <c>multipart/encrypted</c>.</summary>
    public static MailFlag? OfMultipart(ContentType type)
    {
        var protocol = type.Parameters["protocol"] ?? "";
        return type.MediaSubtype.ToLowerInvariant() switch
        {
            "signed" => protocol.Contains("pgp", StringComparison.OrdinalIgnoreCase) ? MailFlag.PgpSigned
                : protocol.Contains("pkcs7", StringComparison.OrdinalIgnoreCase) ? MailFlag.SmimeSigned : null,
            "encrypted" => MailFlag.PgpEncrypted, // RFC 3156 §4; no other protocol is in use
            _ => null,
        };
    }

    /// <summary>
    /// The flag for a part, by its type and first bytes: a CMS object names its type (RFC 5652 §3), while the label may be missing
    /// (RFC 8551 §3.2.2).
    /// </summary>
    public static MailFlag? OfPart(ContentType type, string? parentSubtype, string? name, ReadOnlySpan<byte> content)
    {
        var subtype = type.MediaSubtype.ToLowerInvariant();
        var isSigned = "signed".Equals(parentSubtype, StringComparison.OrdinalIgnoreCase);
        return subtype switch
        {
            "pkcs7-mime" or "x-pkcs7-mime" =>
                IfAnyoneSigned(OfCms(content) ?? OfSmimeType(type.Parameters["smime-type"]), type, name, content),
            "octet-stream" when name?.EndsWith(".p7m", StringComparison.OrdinalIgnoreCase) is true =>
                IfAnyoneSigned(OfCms(content), type, name, content),
            "pkcs7-signature" or "x-pkcs7-signature" when isSigned => MailFlag.SmimeSigned,
            "pgp-signature" when isSigned => MailFlag.PgpSigned,
            _ => null,
        };
    }

    /// <summary>No flag for mere certificates, which are sent as signed data without content or signers (RFC 8551 §3.8).</summary>
    private static MailFlag? IfAnyoneSigned(MailFlag? flag, ContentType type, string? name, ReadOnlySpan<byte> content)
    {
        var isCertificatesOnly = "certs-only".Equals(type.Parameters["smime-type"], StringComparison.OrdinalIgnoreCase)
            || name?.EndsWith(".p7c", StringComparison.OrdinalIgnoreCase) is true
            || HasNoDigest(content);
        return flag is MailFlag.SmimeSigned && isCertificatesOnly ? null : flag;
    }

    /// <summary>The signed data lists no digest algorithm, so it has no signers, which would come at its end.</summary>
    private static bool HasNoDigest(ReadOnlySpan<byte> content)
    {
        try
        {
            var head = content[..Math.Min(content.Length, CmsHead)];
            Enter(ref head, Asn1Tag.Sequence);
            Skip(ref head, Asn1Tag.ObjectIdentifier);
            Enter(ref head, new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true));
            Enter(ref head, Asn1Tag.Sequence);
            Skip(ref head, Asn1Tag.Integer);
            return Enter(ref head, Asn1Tag.SetOf) == 0 || head.StartsWith((ReadOnlySpan<byte>)[0, 0]);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static void Skip(ref ReadOnlySpan<byte> rest, Asn1Tag tag)
    {
        var length = Enter(ref rest, tag);
        rest = length is { } known && known <= rest.Length ? rest[known..] : throw new AsnContentException();
    }

    /// <summary>Enters an element and returns the length of its content; null if it is indefinite.</summary>
    private static int? Enter(ref ReadOnlySpan<byte> rest, Asn1Tag tag)
    {
        if (Asn1Tag.Decode(rest, out var bytes) != tag)
        {
            throw new AsnContentException();
        }

        var length = AsnDecoder.DecodeLength(rest[bytes..], AsnEncodingRules.BER, out var lengthBytes);
        rest = rest[(bytes + lengthBytes)..];
        return length;
    }

    private static MailFlag? OfCms(ReadOnlySpan<byte> content)
    {
        var head = content[..Math.Min(content.Length, CmsHead)];

        // 1.2.840.113549.1.7 and its last arc; authenticated-enveloped (RFC 5083) is 1.2.840.113549.1.9.16.1.23.
        ReadOnlySpan<byte> pkcs7 = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07];
        ReadOnlySpan<byte> authenticated = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17];
        const byte Signed = 2, Enveloped = 3, SignedAndEnveloped = 4, Encrypted = 6;
        var at = head.IndexOf(pkcs7);
        return head.IndexOf(authenticated) >= 0 ? MailFlag.SmimeEncrypted
            : at < 0 || at + pkcs7.Length >= head.Length ? null
            : head[at + pkcs7.Length] switch
            {
                Signed => MailFlag.SmimeSigned,
                Enveloped or SignedAndEnveloped or Encrypted => MailFlag.SmimeEncrypted,
                _ => null,
            };
    }

    private static MailFlag? OfSmimeType(string? type) => type?.ToLowerInvariant() switch
    {
        "signed-data" or "signed-receipt" => MailFlag.SmimeSigned,
        "enveloped-data" or "authenveloped-data" => MailFlag.SmimeEncrypted,
        _ => null,
    };
}
