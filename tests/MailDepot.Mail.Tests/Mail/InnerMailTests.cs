using System.Text;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>A mail attached as a file is a message inside, whatever its encoding and name.</summary>
public sealed class InnerMailTests
{
    private static readonly byte[] Inner = A.Mail().Boundary("inner").Subject("inner subject").From("Cleo <cleo@example.net>")
        .Text("inner text\n").Attachment("inner.pdf", "application/pdf", "%PDF-1.4"u8.ToArray()).Bytes();

    [Theory]
    [InlineData("Content-Type: message/rfc822; name=a.eml", "base64")]
    [InlineData("Content-Type: message/rfc822; name=a.eml", "quoted-printable")]
    [InlineData("Content-Type: message/global; name=a.eml", "base64")]
    [InlineData("Content-Type: application/octet-stream; name=a.eml", "base64")]
    [InlineData("Content-Type: application/octet-stream; name=a.eml", "8bit")]
    [InlineData("Content-Type: application/octet-stream; name=noname", "base64")]
    [InlineData("Content-Type: application/vnd.example; name=A.EML", "base64")]
    [InlineData("Content-Type: text/plain; name=a.eml\nContent-Disposition: attachment", "base64")]
    public async Task Mail_as_a_file_is_a_message_inside(string header, string encoding)
    {
        var mail = A.Mail().Part($"{header}\nContent-Transfer-Encoding: {encoding}\n", Inner, encoding).Bytes();

        var reading = await Read.TextAsync(mail);

        Assert.Null(reading.Defect);
        var file = Assert.Single(reading.Facts.Attachments);
        Assert.Equal((Inner.Length, Digest.Of(Inner)), ((int)file.Bytes, file.Sha256));
        var inside = Assert.Single(reading.Facts.Messages);
        Assert.Equal((1, "inner subject", "cleo@example.net"), (inside.Depth, inside.Facts.Subject, inside.Facts.From[0].Address));
        Assert.Equal(("inner.pdf", Digest.Of("%PDF-1.4"u8)), (inside.Facts.Attachments[0].Name, inside.Facts.Attachments[0].Sha256));
        Assert.Equal(["Dear Ben,\n\nhere is the offer.", "inner text"], reading.Texts.Select(text => text.Text));
        Assert.Empty(reading.Facts.Flags);
        Assert.Empty(reading.Messages); // none of its bytes are in the mail as such
        Assert.Equal(reading.Facts.Messages.Length, (await Read.MailAsync(mail)).Facts.Messages.Length);
    }

    [Fact]
    public async Task Encoded_mail_without_a_file_name_is_named_for_its_subject() =>
        Assert.Equal("inner subject.eml", Assert.Single((await Read.MailAsync(A.Mail().Part(
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n", Inner, "base64"))).Facts.Attachments).Name);

    [Fact]
    public async Task Mails_in_mails_are_found_at_any_depth_and_through_either_kind_of_attachment()
    {
        var mail = Inner;
        for (var depth = 1; depth <= 6; depth++)
        {
            var outer = A.Mail().Subject($"{depth}");
            mail = (depth % 2 == 0 ? outer.Attached(mail) : outer.Attachment("mail", "application/octet-stream", mail)).Bytes();
        }

        var facts = (await Read.MailAsync(mail)).Facts;

        Assert.Equal(
            [(1, "5"), (2, "4"), (3, "3"), (4, "2"), (5, "1"), (6, "inner subject")],
            facts.Messages.Select(message => (message.Depth, message.Facts.Subject!)));
        Assert.Empty(facts.Flags);
    }

    [Fact]
    public async Task Files_in_files_are_opened_up_to_a_limit_and_flagged_beyond()
    {
        var mail = Inner;
        for (var depth = 0; depth < 12; depth++)
        {
            mail = A.Mail().Attachment("a.eml", "application/octet-stream", mail).Bytes();
        }

        var facts = (await Read.MailAsync(mail)).Facts;

        Assert.Equal(8, facts.Messages.Length);
        Assert.Contains(MailFlag.PartsCut, facts.Flags);
    }

    [Fact]
    public async Task Mails_as_files_count_against_the_same_limit_as_attached_ones()
    {
        var mail = A.Mail();
        for (var n = 0; n < 60; n++)
        {
            mail = mail.Attached(A.Mail().Bytes()).Attachment($"{n}.eml", "application/octet-stream", A.Mail().Bytes());
        }

        var facts = (await Read.MailAsync(mail)).Facts;

        Assert.Equal((MailReading.MaxMessages, 120), (facts.Messages.Length, facts.Attachments.Length));
        Assert.Equal([MailFlag.PartsCut], facts.Flags);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nDate: Mon\r\nContent-Type: text/plain\r\n\r\nx")]
    [InlineData("Date: Mon\r\nContent-Type: text/plain\r\nContent-Disposition: inline\r\n\r\nx")]
    [InlineData("Subject: a\r\nFrom: here on\r\nno field any more\r\nTo: b\r\n\r\n")]
    [InlineData("Subject: minutes\r\n\r\nFrom: the board\r\nTo: all\r\n")]
    [InlineData("From: the board\r\n")]
    [InlineData("")]
    public async Task File_with_a_few_fields_is_not_a_mail(string content)
    {
        var facts = (await Read.MailAsync(A.Mail().Attachment("a.bin", "application/octet-stream", Encoding.ASCII.GetBytes(content))))
            .Facts;

        Assert.Empty(facts.Messages);
        Assert.Single(facts.Attachments);
    }

    [Fact]
    public async Task Large_mail_as_a_file_is_read_to_its_end_in_bounded_memory()
    {
        const int Size = 12 * 1024 * 1024, Much = 4 * 1024 * 1024;
        var large = new byte[Size];
        new Random(7).NextBytes(large);
        var mail = A.Mail().Attachment(
            "a.eml", "application/octet-stream", A.Mail().Attachment("large.bin", "application/x-large", large).Bytes()).Bytes();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var reading = MailReader.ReadAsync(new MemoryStream(mail), null, TestContext.Current.CancellationToken);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(reading.IsCompletedSuccessfully);
        Assert.Equal(Digest.Of(large), (await reading).Facts.Messages[0].Facts.Attachments[0].Sha256);
        Assert.InRange(allocated, 0, Much);
    }

    [Fact]
    public async Task Large_mail_as_a_file_is_read_the_same_if_the_runtime_moves_the_parsers_to_other_threads()
    {
        var large = new byte[2_000_000];
        new Random(7).NextBytes(large);
        var mail = A.Mail().Boundary("outer")
            .Attachment(
                "a.eml",
                "application/octet-stream",
                A.Mail().Attachment(
                    "b.eml",
                    "application/octet-stream",
                    A.Mail().Attachment("large.bin", "application/x-large", large).Bytes()).Bytes()).Bytes();
        var context = SynchronizationContext.Current;

        // With a context of its own a thread runs no other's continuations.
        SynchronizationContext.SetSynchronizationContext(new OtherThreads());
        var reading = MailReader.ReadAsync(new MemoryStream(mail), null, TestContext.Current.CancellationToken);
        SynchronizationContext.SetSynchronizationContext(context);

        Assert.Equal(Digest.Of(large), (await reading).Facts.Messages[1].Facts.Attachments[0].Sha256);
        Assert.Equal(Digest.Of(mail), (await reading).Sha256);
    }

    [Fact]
    public async Task Truncated_mail_as_a_file_is_read_up_to_its_end()
    {
        var facts = (await Read.MailAsync(A.Mail().Attachment("a.eml", "application/octet-stream", Inner[..^40]))).Facts;

        Assert.Equal([MailFlag.EndMissing], facts.Messages[0].Facts.Flags);
        Assert.Empty(facts.Flags);
    }

    private sealed class OtherThreads : SynchronizationContext;
}
