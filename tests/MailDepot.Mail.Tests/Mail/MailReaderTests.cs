using System.Text;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

public sealed class MailReaderTests
{
    [Fact]
    public async Task Header_fields_become_facts()
    {
        var mail = A.Mail().From("=?utf-8?q?J=C3=B6rg?= <joerg@example.com>").To("ben@example.org, Cleo <cleo@example.org>")
            .Cc("team: dora@example.net, emil@example.net;").Bcc("fay@example.net").Subject("=?iso-8859-1?q?=C4nderung?= of\n plans");

        var facts = (await Read.MailAsync(mail)).Facts;

        Assert.Equal("offer-1@example.com", facts.MessageId);
        Assert.Equal("Änderung of plans", facts.Subject);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 15, 5, 6, TimeSpan.FromHours(1)), facts.Date);
        Assert.Equal([new EmailAddress("joerg@example.com", "Jörg")], facts.From);
        Assert.Equal([new EmailAddress("ben@example.org"), new EmailAddress("cleo@example.org", "Cleo")], facts.To);
        Assert.Equal([new EmailAddress("dora@example.net"), new EmailAddress("emil@example.net")], facts.Cc);
        Assert.Equal([new EmailAddress("fay@example.net")], facts.Bcc);
    }

    [Fact]
    public async Task Mail_without_header_fields_has_no_facts_and_no_defect()
    {
        var reading = await Read.MailAsync(A.Mail().From(null).To(null).Subject(null).MessageId(null));

        Assert.Null(reading.Defect);
        Assert.Null(reading.Facts.MessageId);
        Assert.Null(reading.Facts.Subject);
        Assert.Empty(reading.Facts.From);
        Assert.Empty(reading.Facts.To);
    }

    [Fact]
    public async Task First_subject_counts_and_address_fields_add_up()
    {
        var facts = (await Read.MailAsync(A.Mail().Subject("first").Field("Subject", "second").Field("To", "cleo@example.org"))).Facts;

        Assert.Equal("first", facts.Subject);
        Assert.Equal(["ben@example.org", "cleo@example.org"], facts.To.Select(to => to.Address), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("=?windows-1251?b?z/Do4uXy?=", "Привет")]
    [InlineData("=?iso-2022-jp?b?GyRCJUYlOSVIGyhC?=", "テスト")]
    [InlineData("=?utf-8?b?4pyT?= =?utf-8?b?4pyT?=", "✓✓")]
    public async Task Subject_in_a_legacy_charset_is_decoded(string field, string subject) =>
        Assert.Equal(subject, (await Read.MailAsync(A.Mail().Subject(field))).Facts.Subject);

    [Fact]
    public async Task Address_field_without_an_address_is_shown_as_written() =>
        Assert.Equal([new EmailAddress("", "<<>>")], (await Read.MailAsync(A.Mail().From("<<>>"))).Facts.From);

    [Theory]
    [InlineData("Lind, Anna <anna@example.com>", "anna@example.com")]
    [InlineData(", anna@example.com, ben@example.org", "anna@example.com ben@example.org")]
    [InlineData("\"Lind, Anna\" <anna@example.com>,, <, ben@example.org", "anna@example.com ben@example.org")]
    public async Task Addresses_in_a_broken_field_are_found(string field, string addresses) =>
        Assert.Equal(addresses, string.Join(' ', (await Read.MailAsync(A.Mail().To(field))).Facts.To.Select(to => to.Address)));

    [Fact]
    public async Task Long_malformed_field_loses_no_address()
    {
        var field = ", " + string.Join(", ", Enumerable.Range(0, 1_000).Select(n => $"\"Lind, {n}\" <person-{n}@example.com>"));

        Assert.Equal(1_000, (await Read.MailAsync(A.Mail().To(field))).Facts.To.Length);
    }

    [Fact]
    public async Task Observer_sees_every_byte_once_and_in_order()
    {
        var mail = A.Mail().Attachment("offer.pdf", "application/pdf", new byte[200_000]).Bytes();
        using var seen = new MemoryStream();

        var reading = await MailReader.ReadAsync(
            PieceStream.Of(mail, 777), bytes => seen.Write(bytes), TestContext.Current.CancellationToken);

        Assert.Equal(mail, seen.ToArray());
        Assert.Equal(mail.Length, reading.Bytes);
        Assert.Equal(Digest.Of(mail), reading.Sha256);
    }

    [Fact]
    public async Task Attached_message_is_found_with_place_and_facts()
    {
        var inner = A.Mail().Subject("inside").MessageId("inside@example.net").Attachment("a.bin", "application/octet-stream", [1, 2, 3])
            .Boundary("in").Bytes();
        var mail = A.Mail().Subject("outside").Attached(inner).Bytes();

        var reading = await Read.MailAsync(mail);

        var message = Assert.Single(reading.Messages);
        Assert.Equal(inner, mail.AsSpan((int)message.Offset, (int)message.Length));
        Assert.Equal("inside", message.Facts.Subject);
        Assert.Equal("inside@example.net", message.Facts.MessageId);
        Assert.Equal("a.bin", Assert.Single(message.Facts.Attachments).Name);
        Assert.Equal("outside", reading.Facts.Subject);
    }

    [Fact]
    public async Task Message_inside_an_attached_message_is_listed_with_the_mail_and_with_that_message()
    {
        var deepest = A.Mail().Subject("deepest").Attachment("deep.bin", "application/octet-stream", [1]).Boundary("deepest");
        var middle = A.Mail().Subject("middle").Attached(deepest.Bytes()).Boundary("middle");

        var reading = await Read.MailAsync(A.Mail().Attached(middle.Bytes()));

        var message = Assert.Single(reading.Messages);
        Assert.Equal("middle", message.Facts.Subject);
        Assert.Equal("deepest.eml", Assert.Single(message.Facts.Attachments).Name);
        Assert.Equal("middle.eml", Assert.Single(reading.Facts.Attachments).Name);
        Assert.Equal(["1 middle: deepest.eml", "2 deepest: deep.bin"], reading.Facts.Messages.Select(Words), StringComparer.Ordinal);
        Assert.Equal(["1 deepest: deep.bin"], message.Facts.Messages.Select(Words), StringComparer.Ordinal);

        static string Words(MessageInside inside) =>
            $"{inside.Depth} {inside.Facts.Subject}: {Assert.Single(inside.Facts.Attachments).Name}";
    }

    [Fact]
    public async Task Claim_of_a_nested_message_is_not_the_claim_of_the_mail()
    {
        var report = A.JournalReport().Sender("anna@example.com").Around(A.Mail()).Bytes();

        var reading = await Read.MailAsync(A.Mail().Attached(report));

        Assert.False(reading.ClaimsJournalReport);
        Assert.True(Assert.Single(reading.Messages).ClaimsJournalReport);
        Assert.True((await Read.MailAsync(report)).ClaimsJournalReport);
    }

    [Fact]
    public async Task Mail_is_read_the_same_in_pieces_of_any_size()
    {
        var inner = A.Mail().Attachment("b.bin", "application/octet-stream", Encoding.UTF8.GetBytes("twice encoded")).Boundary("in")
            .Bytes();
        var mail = A.Mail().Attachment("a.bin", "application/octet-stream", [1, 2, 3]).Attached(inner).Bytes();

        var whole = Flat(await MailReader.ReadAsync(new MemoryStream(mail), null, TestContext.Current.CancellationToken));
        foreach (var size in new[] { 1, 2, 3, 64, 4095, 4096, 4097 })
        {
            Assert.Equal(whole, Flat(await MailReader.ReadAsync(PieceStream.Of(mail, size), null, TestContext.Current.CancellationToken)));
        }

        static string Flat(MailReading reading) => System.Text.Json.JsonSerializer.Serialize(reading);
    }
}
