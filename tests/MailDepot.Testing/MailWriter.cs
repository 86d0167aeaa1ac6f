using System.Buffers;
using System.Text;

namespace MailDepot.Testing;

/// <summary>Writes mail byte by byte, with one kind of line end.</summary>
internal sealed class MailWriter(string lineEnd)
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public MailWriter Line(string text = "") => Text(text + "\n");

    /// <summary>UTF-8; each LF becomes the line end.</summary>
    public MailWriter Text(string text) => Raw(Encoding.UTF8.GetBytes(text.Replace("\n", lineEnd, StringComparison.Ordinal)));

    public MailWriter Raw(ReadOnlySpan<byte> bytes)
    {
        buffer.Write(bytes);
        return this;
    }

    /// <summary>The bytes in a transfer encoding, as lines where it makes lines.</summary>
    public MailWriter Encoded(byte[] bytes, string transferEncoding) => transferEncoding switch
    {
        "base64" => Raw(Encoding.ASCII.GetBytes(
            Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings(lineEnd))),
        "quoted-printable" => Text(QuotedPrintable(bytes)),
        _ => Raw(bytes),
    };

    public byte[] ToArray() => buffer.WrittenSpan.ToArray();

    /// <summary>Every byte encoded, line ends too, 24 to a line with a soft line break (RFC 2045 §6.7).</summary>
    private static string QuotedPrintable(byte[] bytes) =>
        string.Join("=\n", bytes.Chunk(24).Select(line => string.Concat(line.Select(value => $"={value:X2}"))));
}
