using System.Buffers.Binary;
using System.Text;

namespace MailDepot.Tests;

/// <summary>A winmail.dat in the making (MS-OXTNEF §2.1.3).</summary>
internal sealed class TnefDraft
{
    private readonly List<byte> octets = [0x78, 0x9F, 0x3E, 0x22, 0x01, 0x00];

    public TnefDraft File(string name, byte[] content) =>
        Attribute(2, 0x00069002, new byte[14]).Attribute(2, 0x00018010, [.. Encoding.ASCII.GetBytes(name), 0]).Attribute(2, 0x0006800F, content);

    /// <summary>The message's plain text, as its only MAPI property (PidTagBody, of 8-bit letters).</summary>
    public TnefDraft Body(string text)
    {
        var value = Encoding.ASCII.GetBytes(text + "\0");
        return Attribute(1, 0x00069003, [.. Number(1), .. Number(0x1000001E), .. Number(1), .. Number(value.Length), .. value, .. new byte[(4 - (value.Length % 4)) % 4]]);
    }

    /// <summary>Any attribute, with a checksum that is right; its length may be a lie.</summary>
    public TnefDraft Attribute(byte level, int tag, byte[] data, int? length = null)
    {
        octets.Add(level);
        octets.AddRange(Number(tag));
        octets.AddRange(Number(length ?? data.Length));
        octets.AddRange(data);
        octets.AddRange(Number(data.Sum(octet => octet) & 0xFFFF).Take(2));
        return this;
    }

    public byte[] Bytes() => [.. octets];

    private static byte[] Number(int value)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, value);
        return number;
    }
}
