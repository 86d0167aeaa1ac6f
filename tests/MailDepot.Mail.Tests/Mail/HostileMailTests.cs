using System.Text;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

public sealed class HostileMailTests
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("\uFEFF")]
    [InlineData("no header at all")]
    [InlineData("no header at all\r\n\r\nand a body\r\n")]
    [InlineData("From nobody Mon Nov 23 2026\r\n")]
    [InlineData(": no name\r\n\r\n")]
    [InlineData("--boundary\r\n--boundary--\r\n")]
    [InlineData("Content-Type: multipart/mixed\r\n\r\n--\r\n--\r\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\n----\r\n")]
    [InlineData("Content-Type: message/rfc822\r\n\r\n")]
    [InlineData("Content-Type: message/rfc822\r\nContent-Type: message/rfc822\r\n\r\nSubject")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n--b--\r\n")]
    public async Task Strange_mail_is_read_to_its_end(string mail) => await IsReadToItsEndAsync(Encoding.UTF8.GetBytes(mail));

    [Fact]
    public async Task Empty_mail_is_a_defect() => Assert.Equal("The mail is empty.", (await Read.MailAsync([])).Defect);

    [Fact]
    public async Task Mail_of_zero_bytes_only_is_read_to_its_end() =>
        Assert.NotNull((await IsReadToItsEndAsync(new byte[3 * MiB])).Defect);

    [Fact]
    public async Task Noise_is_read_to_its_end()
    {
        var random = new Random(20261123);
        for (var round = 0; round < 200; round++)
        {
            var noise = new byte[random.Next(9_000)];
            random.NextBytes(noise);
            await IsReadToItsEndAsync(noise);
        }
    }

    [Fact]
    public async Task Mail_nested_ten_thousand_deep_is_read_to_its_end()
    {
        var levels = string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\r\n\r\n", 10_000));
        var multiparts = string.Concat(
            Enumerable.Range(0, 10_000).Select(n => $"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"));

        Assert.Null((await IsReadToItsEndAsync(Encoding.UTF8.GetBytes($"{levels}Subject: deep\r\n\r\n"))).Defect);
        Assert.Null((await IsReadToItsEndAsync(Encoding.UTF8.GetBytes(multiparts))).Defect);
    }

    [Fact]
    public async Task Endless_header_field_is_a_defect_and_earlier_facts_are_kept()
    {
        var mail = Encoding.UTF8.GetBytes($"Subject: before\r\nX-Bomb: {new string('x', 3 * MiB)}\r\nFrom: anna@example.com\r\n\r\n");

        var reading = await IsReadToItsEndAsync(mail);

        Assert.Equal("The mail can't be parsed. A header field is longer than 1024 KiB.", reading.Defect);
        Assert.Equal("before", reading.Facts.Subject);
    }

    [Fact]
    public async Task Header_fields_are_cut_for_the_facts()
    {
        var reading = await Read.MailAsync(A.Mail().Subject(new string('s', 100_000)).MessageId(new string('m', 100_000))
            .Part($"Content-Type: image/png; name={new string('n', 100_000)}\n", [1]));

        Assert.Null(reading.Defect);
        Assert.InRange(reading.Facts.Subject!.Length, 255, 2_000);
        Assert.InRange(reading.Facts.MessageId!.Length, 255, 2_000);
        Assert.Equal(255, Assert.Single(reading.Facts.Attachments).Name!.Length);
    }

    [Theory]
    [InlineData("a,")]
    [InlineData("=?,")]
    [InlineData("[,")]
    [InlineData("\"a,")]
    [InlineData("a.,")]
    public async Task Address_field_that_could_take_a_parser_minutes_is_read_quickly(string piece)
    {
        var mail = A.Mail().To(string.Concat(Enumerable.Repeat(piece, 240_000 / piece.Length))).Cc("cleo@example.org").Bytes();

        var reading = await MailReader.ReadAsync(PieceStream.Of(mail, 4_096), null, TestContext.Current.CancellationToken);

        Assert.Null(reading.Defect);
        Assert.Equal([new EmailAddress("cleo@example.org")], reading.Facts.Cc);
    }

    [Fact]
    public void Costly_tolerance_is_limited()
    {
        var allowance = new HeaderAllowance();

        Assert.False(allowance.MayBeTolerant(240_000));
        Assert.True(allowance.MayBeTolerant(4_096));
        Assert.InRange(Enumerable.Range(0, 1_000).Count(_ => allowance.MayBeTolerant(4_096)), 1, 20);
    }

    [Fact]
    public async Task Truncation_never_leaves_half_a_character()
    {
        var subject = (await Read.MailAsync(A.Mail().Subject("x" + string.Concat(Enumerable.Repeat("😀", 5_000))))).Facts.Subject!;

        Assert.Equal(subject, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(subject)));
    }

    [Fact]
    public async Task Number_of_kept_attachments_and_messages_is_bounded()
    {
        var (mail, inner) = (A.Mail(), A.Mail().Bytes());
        for (var n = 0; n < MailFacts.MaxAttachments + 10; n++)
        {
            mail = n < MailReading.MaxMessages + 10 ? mail.Attached(inner) : mail.Attachment("a", "image/png", [1]);
        }

        var reading = await Read.MailAsync(mail);

        Assert.Equal(MailFacts.MaxAttachments, reading.Facts.Attachments.Length);
        Assert.Equal(MailReading.MaxMessages, reading.Messages.Length);
    }

    [Fact]
    public async Task Error_of_the_stream_propagates()
    {
        static IEnumerable<ReadOnlyMemory<byte>> Pieces()
        {
            yield return "Subject: half a mail\r\n"u8.ToArray();
            throw new FormatException("the wire is cut");
        }

        var error = await Assert.ThrowsAsync<FormatException>(
            () => MailReader.ReadAsync(new PieceStream(Pieces()), null, TestContext.Current.CancellationToken));

        Assert.Equal("the wire is cut", error.Message);
    }

    [Fact]
    public async Task Reading_can_be_cancelled()
    {
        using var cancelled = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            MailReader.ReadAsync(PieceStream.Of(A.Mail().Bytes(), 10), _ => cancelled.Cancel(), cancelled.Token));
    }

    private static async Task<MailReading> IsReadToItsEndAsync(byte[] mail)
    {
        using var seen = new MemoryStream();
        var reading = await MailReader.ReadAsync(
            PieceStream.Of(mail, 1_021), bytes => seen.Write(bytes), TestContext.Current.CancellationToken);

        Assert.Equal(mail, seen.ToArray());
        Assert.Equal(Digest.Of(mail), reading.Sha256);
        Assert.Equal(mail.Length, reading.Bytes);
        return reading;
    }
}
