using System.Buffers.Binary;
using System.Text;

namespace MailDepot.Testing;

/// <summary>A winmail.dat in the making (MS-OXTNEF §2.1.3).</summary>
internal sealed class TnefDraft
{
    private readonly List<byte> bytes = [0x78, 0x9F, 0x3E, 0x22, 0x01, 0x00];

    public TnefDraft File(string name, byte[] content) =>
        Attribute(2, 0x00069002, new byte[14]).Attribute(2, 0x00018010, [.. Encoding.ASCII.GetBytes(name), 0])
            .Attribute(2, 0x0006800F, content);

    /// <summary>The message's plain text, as its only MAPI property (PidTagBody, of 8-bit letters).</summary>
    public TnefDraft Body(string text)
    {
        var value = Encoding.ASCII.GetBytes(text + "\0");
        return Attribute(
            1,
            0x00069003,
            [
                .. Number(1), .. Number(0x1000001E), .. Number(1), .. Number(value.Length), .. Padded(value),
            ]);
    }

    /// <summary>The code page of 8-bit text (attOemCodepage).</summary>
    public TnefDraft CodePage(int number) => Attribute(1, 0x00069007, [.. Number(number), .. Number(0)]);

    /// <summary>The message's MAPI properties: of the tag's type, each with a length (MS-OXTNEF §2.1.3.4).</summary>
    public TnefDraft Properties(params (uint Tag, byte[] Value)[] properties) => Attribute(1, 0x00069003, Row(properties));

    /// <summary>The recipient table, a row each.</summary>
    public TnefDraft Recipients(params (uint Tag, byte[] Value)[][] rows) =>
        Attribute(1, 0x00069004, [.. Number(rows.Length), .. rows.SelectMany(Row)]);

    /// <summary>
    /// Attaches a message, with the interface id before its TNEF; the attachment's method comes before it, or after it as in sorted
    /// properties.
    /// </summary>
    public TnefDraft Message(TnefDraft message, bool methodFirst = false)
    {
        (uint Tag, byte[] Value) method = (0x37050003, Number(5));
        (uint Tag, byte[] Value) content = (0x3701000D, [7, 3, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46, .. message.Bytes()]);
        return Attribute(2, 0x00069002, new byte[14]).Attribute(2, 0x00069005, Row(methodFirst ? [method, content] : [content, method]));
    }

    /// <summary>A property of Unicode text.</summary>
    public static (uint Tag, byte[] Value) Unicode(uint id, string text) => ((id << 16) | 0x1F, Encoding.Unicode.GetBytes(text + "\0"));

    /// <summary>A property of 8-bit text.</summary>
    public static (uint Tag, byte[] Value) Eight(uint id, byte[] text) => ((id << 16) | 0x1E, [.. text, 0]);

    /// <summary>A property of a number.</summary>
    public static (uint Tag, byte[] Value) Number(uint id, int value) => ((id << 16) | 0x03, Number(value));

    /// <summary>A property of a time.</summary>
    public static (uint Tag, byte[] Value) Time(uint id, DateTimeOffset time) =>
        ((id << 16) | 0x40, BitConverter.GetBytes(time.ToFileTime()));

    /// <summary>RTF in its compressed form (MS-OXRTFCP), though every letter stands as it is.</summary>
    public static (uint Tag, byte[] Value) Rtf(string rtf)
    {
        var letters = Encoding.ASCII.GetBytes(rtf);
        byte[] runs = [.. letters.Chunk(8).SelectMany(run => run.Prepend((byte)0))];
        return (0x10090102, [.. Number(runs.Length + 12), .. Number(letters.Length), .. "LZFu"u8, .. Number(0), .. runs]);
    }

    /// <summary>Any attribute, with a checksum that is right; its length may be a lie.</summary>
    public TnefDraft Attribute(byte level, int tag, byte[] data, int? length = null)
    {
        bytes.Add(level);
        bytes.AddRange(Number(tag));
        bytes.AddRange(Number(length ?? data.Length));
        bytes.AddRange(data);
        bytes.AddRange(Number(data.Sum(value => value) & 0xFFFF).Take(2));
        return this;
    }

    public byte[] Bytes() => [.. bytes];

    /// <summary>Text and bytes have a count and a length, and are padded to 4; anything else is written as it is.</summary>
    private static byte[] Row((uint Tag, byte[] Value)[] properties) =>
    [
        .. Number(properties.Length),
        .. properties.SelectMany(property => (property.Tag & 0xFFFF) is 0x03 or 0x40
            ? (byte[])[.. Number((int)property.Tag), .. property.Value]
            : [.. Number((int)property.Tag), .. Number(1), .. Number(property.Value.Length), .. Padded(property.Value)]),
    ];

    private static byte[] Padded(byte[] value) => [.. value, .. new byte[(4 - (value.Length % 4)) % 4]];

    private static byte[] Number(int value)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, value);
        return number;
    }
}
