using System.Text;

using CsCheck;

using MailDepot.Mail;

using MimeKit;

namespace MailDepot.Tests.Mail;

/// <summary>An attachment's bytes are those that were attached, or the facts say that they may differ.</summary>
public sealed class TransferDecoderTests
{
    private static readonly int[] PieceSizes = [1, 2, 3, 5, 64, 4_096];

    [Theory]
    [InlineData("YWJjZA==", "abcd")]
    [InlineData("YWJjZA", "abcd")]
    [InlineData("YWJjZGU", "abcde")]
    [InlineData("YWJjZA=", "abcd")]
    [InlineData("YWJj====", "abc")]
    [InlineData("YWJj\r\nZA\r\n", "abcd")]
    [InlineData("Y W\tJ\nj\r\nZ", "abc", true)] // one character of a group
    [InlineData("YWJjZB", "abcd", true)] // cut: bits of a fifth byte are left over
    [InlineData("YWJjZGV", "abcde", true)]
    [InlineData("YWJj-!-ZGVm", "abcdef", true)]
    [InlineData("YWI=YWJj", "ababc", true)] // two encoded files, one after the other
    [InlineData("YWJjZA==\r\nYWJjZA==\r\n", "abcdabcd", true)]
    [InlineData("", "")]
    public void Base64_is_decoded_to_its_last_byte(string encoded, string file, bool isUncertain = false) =>
        Decodes(ContentEncoding.Base64, encoded, file, isUncertain);

    [Theory]
    [InlineData("a=C3=A4b=\r\nc", "aÃ¤bc")]
    [InlineData("a=c3=a4b", "aÃ¤b")]
    [InlineData("a= \t\r\nb", "ab")]
    [InlineData("a=", "a")]
    [InlineData("a=\r", "a")]
    [InlineData("a=ZZb", "a=ZZb", true)]
    [InlineData("a=4", "a=4", true)]
    [InlineData("a==41", "a=A", true)]
    [InlineData("1 = 1\r\n", "1 = 1\r\n", true)]
    public void Quoted_printable_keeps_what_can_not_be_decoded(string encoded, string file, bool isUncertain = false) =>
        Decodes(ContentEncoding.QuotedPrintable, encoded, file, isUncertain);

    [Theory]
    [InlineData("begin 644 a\n#86)C\n`\nend\n", "abc")]
    [InlineData("begin 644 a\r\n#86)C\r\n`\r\nend", "abc")]
    [InlineData("words\n\nbegin 0644 a\n#86)C\n`\nend\nmore words\n", "abc")]
    [InlineData("begin 644 a\n&86)C86)C\n#86)C\n \nend\n", "abcabcabc")]
    [InlineData("begin 644 a\n&    86)C\n&\n&86)C\n\nend\n", "\0\0\0abc\0\0\0\0\0\0abc\0\0\0")] // blanks stripped
    [InlineData("begin 644 a\n!80\n`\nend\n", "a")] // no more characters than the byte needs
    [InlineData("#86)C\n`\nend\n", "abc")] // no begin
    [InlineData("begin 644 a\n#86)C\n`\n", "abc")] // no end, but the line before it
    [InlineData("begin 644 a\n#86)C   \n`\nend\n", "abc")]
    [InlineData("begin 644 a\n`\nend\n", "")]
    [InlineData("begin 644 a\n#86)C\n", "abc", true)] // cut off
    [InlineData("begin 644 a\n&``86\n&86)C86)C\n`\nend\n", "\0\u0006\u0016\0\0\0abcabc", true)] // short, where zero is a backquote
    [InlineData("begin 644 a\n#86)CX\n`\nend\n", "abc", true)] // longer than declared
    [InlineData("begin 644 a\n#86)C\nno line of data\n#86)C\n`\nend\n", "abcabc", true)]
    [InlineData("begin 644 a\n#86)C\n`\nend\nbegin 644 b\n#86)C\n`\nend\n", "abc", true)]
    [InlineData("nothing of the kind\n", "", true)]
    public void Uuencoded_lines_hold_the_bytes_that_they_declare(string encoded, string file, bool isUncertain = false) =>
        Decodes(ContentEncoding.UUEncode, encoded, file, isUncertain);

    [Fact]
    public void Base64_of_any_file_in_any_lines_and_pieces_is_the_file() =>
        Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[1, 100], Gen.Int[1, 90], Gen.Bool, Gen.Bool).Sample(
            (file, lineLength, pieceSize, isPadded, crlf) =>
            {
                var text = Convert.ToBase64String(file).TrimEnd(isPadded ? ' ' : '=');
                var lines = string.Join(crlf ? "\r\n" : "\n", text.Chunk(lineLength).Select(line => new string(line)));
                Assert.Equal((Convert.ToHexString(file), false), Decode(ContentEncoding.Base64, lines, pieceSize));
            });

    [Theory]
    [InlineData("base64", "YWJjZA\r\n", "abcd", false)]
    [InlineData("base64", "YWJjZ\r\n", "abc", true)]
    [InlineData("x-uuencode", "begin 644 a\r\n&\r\n#86)C\r\n\r\nend\r\n", "\0\0\0\0\0\0abc", false)]
    [InlineData("quoted-printable", "100=%", "100=%", true)]
    public async Task File_is_flagged_only_if_its_encoding_is_uncertain(
        string encoding, string encoded, string file, bool isFlagged)
    {
        var mail = A.Mail().Part(
            $"Content-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: {encoding}\n",
            Encoding.ASCII.GetBytes(encoded));

        var facts = (await Read.MailAsync(mail)).Facts;

        Assert.Equal(
            (file.Length, Digest.Of(Encoding.ASCII.GetBytes(file))), ((int)facts.Attachments[0].Bytes, facts.Attachments[0].Sha256));
        Assert.Equal(isFlagged ? [MailFlag.ContentUncertain] : [], facts.Flags);
    }

    private static void Decodes(ContentEncoding encoding, string encoded, string file, bool isUncertain)
    {
        foreach (var size in PieceSizes)
        {
            Assert.Equal((Convert.ToHexString(Encoding.Latin1.GetBytes(file)), isUncertain), Decode(encoding, encoded, size));
        }
    }

    private static (string Hex, bool IsUncertain) Decode(ContentEncoding encoding, string encoded, int pieceSize)
    {
        var decoder = TransferDecoder.For(encoding)!;
        var file = new List<byte>();
        var room = new byte[decoder.MaxDecoded(pieceSize)];
        foreach (var piece in Encoding.ASCII.GetBytes(encoded).Chunk(pieceSize))
        {
            file.AddRange(room.AsSpan(0, decoder.Decode(piece, room)));
        }

        var rest = new byte[decoder.MaxDecoded(0)];
        file.AddRange(rest.AsSpan(0, decoder.End(rest)));
        return (Convert.ToHexString([.. file]), decoder.IsUncertain);
    }
}
