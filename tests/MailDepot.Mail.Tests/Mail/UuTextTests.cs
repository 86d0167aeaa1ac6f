using System.Text;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Files that old programs put into the text of a mail are attachments; text that only looks like one stays text.</summary>
public sealed class UuTextTests
{
    private const string File = "begin 644 note.txt\n,<V5C;VYD(&9I;&4*\n`\nend\n";

    private static readonly byte[] Note = "second file\n"u8.ToArray();

    [Theory]
    [InlineData("7bit")]
    [InlineData("base64")]
    [InlineData("quoted-printable")]
    public async Task Files_in_a_text_are_attachments_and_the_text_leaves_them_out(string encoding)
    {
        var image = new byte[20_000];
        new Random(3).NextBytes(image);
        "GIF89a"u8.CopyTo(image);
        var text = $"Dear Ben,\n\nbegin 666 my cat.gif\n{Uu(image)}`\nend\n\nand this:\n{File}{File}Yours, Anna\n";
        byte[] mail =
        [
            .. Encoding.ASCII.GetBytes($"Subject: s\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"),
            .. new MailWriter("\r\n").Encoded(Encoding.ASCII.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)), encoding)
            .ToArray(),
        ];

        foreach (var size in new[] { 1, 7, 64, 65_536 })
        {
            var reading = await MailReader.ReadWithTextAsync(PieceStream.Of(mail, size), null, TestContext.Current.CancellationToken);

            Assert.Equal(
                [
                    new Attachment("my cat.gif", "image/gif", image.Length, Digest.Of(image)) { FoundType = "image/gif" },
                    Attached("note.txt", Note),
                    Attached("note.txt", Note),
                ],
                reading.Facts.Attachments);
            Assert.Equal("Dear Ben,\n\nand this:\nYours, Anna", Assert.Single(reading.Texts).Text);
            Assert.Equal([MailFlag.DateMissing], reading.Facts.Flags);
        }

        Assert.Equal(3, (await Read.MailAsync(mail)).Facts.Attachments.Length);
    }

    [Theory]
    [InlineData("begin 644 of the story was hard\nand went on\n")]
    [InlineData("begin 644 of the story\n\nTHE END\n")]
    [InlineData("begin 644 a\nend\n")]
    [InlineData("begin 644 a\n#86)C\nand then words\nend\n")]
    [InlineData("begin 644 a\n#86)C\n")]
    [InlineData("begin x\n,<V5C;VYD(&9I;&4*\n`\nend\n")]
    [InlineData("> begin 644 note.txt\n> ,<V5C;VYD(&9I;&4*\n> `\n> end\n")]
    [InlineData("begin\n")]
    [InlineData("we begin 644 a\n#86)C\n`\nend\n")]
    public async Task Text_that_starts_like_a_file_is_text(string text)
    {
        var mail = A.Mail().Text(text).Bytes();
        foreach (var size in new[] { 1, 3, 65_536 })
        {
            var reading = await MailReader.ReadWithTextAsync(PieceStream.Of(mail, size), null, TestContext.Current.CancellationToken);

            Assert.Empty(reading.Facts.Attachments);
            Assert.Empty(reading.Facts.Flags);
            Assert.Equal(string.Join('\n', text.TrimEnd().Split('\n').Select(line => line.TrimEnd())), Assert.Single(reading.Texts).Text);
        }
    }

    [Theory]
    [InlineData("begin 644 a\n`\nend\n", "", false)]
    [InlineData("begin 644 a\n\nend\n", "", false)]
    [InlineData("begin 644 \n#86)C\n`\nend\n", "abc", false)] // no name
    [InlineData("begin 0644 a\n#86)C\nend\n", "abc", false)]
    [InlineData("begin 644 a\n#86)C\n`\nand words\n", "abc", false)] // no end
    [InlineData("begin 644 of the story\nbegin 644 a\n#86)C\n`\nend\n", "abc", false)]
    [InlineData("begin 644 a\n&\n#86)C\n\nend\n", "\0\0\0\0\0\0abc", false)] // blanks stripped
    [InlineData("begin 644 a\n&``\n#86)C\n`\nend\n", "\0\0\0\0\0\0abc", true)]
    [InlineData("begin 644 a\n#86)C\n`\n#86)C\nend\n", "abcabc", true)]
    public async Task File_is_decoded_by_the_lengths_that_its_lines_declare(string text, string file, bool isUncertain)
    {
        var facts = (await Read.MailAsync(A.Mail().Text(text))).Facts;

        var kept = Assert.Single(facts.Attachments);
        Assert.Equal((file.Length, Digest.Of(Encoding.ASCII.GetBytes(file))), ((int)kept.Bytes, kept.Sha256));
        Assert.Equal(isUncertain ? [MailFlag.ContentUncertain] : [], facts.Flags);
    }

    [Fact]
    public async Task File_without_an_end_is_kept_up_to_there_and_flagged()
    {
        var reading = await Read.TextAsync(A.Mail().Text($"Hello\nbegin 644 a.bin\n{Uu(new byte[200])}Yours, Anna, with words\n").Bytes());

        Assert.Equal((200, "Hello\nYours, Anna, with words"), ((int)reading.Facts.Attachments[0].Bytes, reading.Texts[0].Text));
        Assert.Equal([MailFlag.ContentUncertain], reading.Facts.Flags);
    }

    [Fact]
    public async Task File_of_zeros_with_stripped_blanks_is_found()
    {
        var lines = string.Concat(Enumerable.Repeat("M\n", 1_000));

        Assert.Equal(
            45_000, Assert.Single((await Read.MailAsync(A.Mail().Text($"begin 644 zeros\n{lines}\nend\n"))).Facts.Attachments).Bytes);
    }

    [Fact]
    public async Task Mail_and_winmail_dat_in_a_text_are_opened_like_attached_ones()
    {
        var winmail = new TnefDraft().File("offer.pdf", "%PDF-1.7"u8.ToArray()).Bytes();
        var text = $"begin 644 winmail.dat\n{Uu(winmail)}`\nend\nbegin 644 a.eml\n{Uu(A.Mail().Subject("inside").Bytes())}`\nend\n";

        var facts = (await Read.MailAsync(A.Mail().Text(text))).Facts;

        Assert.Equal(["winmail.dat", "offer.pdf", "a.eml"], facts.Attachments.Select(file => file.Name));
        Assert.Equal("inside", Assert.Single(facts.Messages).Facts.Subject);
    }

    [Fact]
    public async Task Name_is_cleaned_and_its_letters_decoded()
    {
        var facts = (await Read.MailAsync(A.Mail().Text(
            $"begin 644 ..\\..\\Änderung.txt\n{Uu(Note)}`\nend\nbegin 644 =?utf-8?Q?=C3=84.txt?=\n{Uu(Note)}`\nend\n"))).Facts;

        Assert.Equal(["Änderung.txt", "Ä.txt"], facts.Attachments.Select(file => file.Name));
    }

    private static Attachment Attached(string name, byte[] file) => new(name, "application/octet-stream", file.Length, Digest.Of(file));

    private static string Uu(byte[] file) => string.Concat(file.Chunk(45).Select(line =>
    {
        byte[] padded = [.. line, 0, 0];
        var text = new StringBuilder().Append(Character(line.Length));
        for (var n = 0; n < line.Length; n += 3)
        {
            var group = (padded[n] << 16) | (padded[n + 1] << 8) | padded[n + 2];
            text.Append(Character(group >> 18)).Append(Character((group >> 12) & 63)).Append(Character((group >> 6) & 63))
                .Append(Character(group & 63));
        }

        return text.Append('\n').ToString();
    }));

    private static char Character(int value) => value == 0 ? '`' : (char)(' ' + value);
}
