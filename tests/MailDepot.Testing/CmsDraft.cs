using System.Formats.Asn1;

namespace MailDepot.Testing;

/// <summary>A CMS signature around a content (RFC 5652 §5.1), without certificates and signers: readers of the content need none.</summary>
internal static class CmsDraft
{
    private const string SignedData = "1.2.840.113549.1.7.2", Data = "1.2.840.113549.1.7.1", Sha256 = "2.16.840.1.101.3.4.2.1";

    /// <summary>All lengths stated, the content in one octet string.</summary>
    public static byte[] Der(byte[]? content, string wraps = Data, string kind = SignedData, bool hasDigest = true)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(kind);
            using (writer.PushSequence(Explicit))
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                using (writer.PushSetOf())
                {
                    if (hasDigest)
                    {
                        using var _ = writer.PushSequence();
                        writer.WriteObjectIdentifier(Sha256);
                    }
                }

                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(wraps);
                    if (content is not null)
                    {
                        using var _ = writer.PushSequence(Explicit);
                        writer.WriteOctetString(content);
                    }
                }

                using (writer.PushSetOf())
                {
                    // no signers
                }
            }
        }

        return writer.Encode();
    }

    /// <summary>No length stated, the content in many octet strings and these in one another: as programs write it that stream.</summary>
    public static byte[] Ber(byte[] content, int piece)
    {
        byte[] end = [0, 0];
        byte[] strings =
        [
            .. content.Chunk(piece).SelectMany((part, n) => n % 2 == 0 ? String(part) : [0x24, 0x80, .. String(part), .. end]),
        ];
        return
        [
            0x30, 0x80, .. Id(SignedData), 0xA0, 0x80, 0x30, 0x80, 2, 1, 1, 0x31, 0x80, 0x30, 0x80, .. Id(Sha256), .. end, .. end,
            0x30, 0x80, .. Id(Data), 0xA0, 0x80, 0x24, 0x80, .. strings, .. end, .. end, .. end, 0x31, 0, .. end, .. end, .. end,
        ];
    }

    private static Asn1Tag Explicit => new(TagClass.ContextSpecific, 0, isConstructed: true);

    private static byte[] String(byte[] bytes) => Encoded(writer => writer.WriteOctetString(bytes));

    private static byte[] Id(string id) => Encoded(writer => writer.WriteObjectIdentifier(id));

    private static byte[] Encoded(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        write(writer);
        return writer.Encode();
    }
}
