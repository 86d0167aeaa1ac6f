using System.Text;

using MailDepot.Journal;

namespace MailDepot.Tests.Journal;

/// <summary>Gateways rewrite the envelope part in transit: its meaning must not change.</summary>
public sealed class EnvelopeTextTests
{
    [Theory]
    [InlineData("7bit")]
    [InlineData("8bit")]
    [InlineData("base64")]
    [InlineData("quoted-printable")]
    public async Task Envelope_says_the_same_in_every_transfer_encoding(string encoding)
    {
        var plain = await Read.ReportAsync(Report());

        var report = await Read.ReportAsync(Report().EnvelopeIn(encoding));

        Assert.Null(report.Doubt);
        Assert.Equal("Änderung ✓", report.Envelope.Subject);
        Assert.Equal(
            [
                new JournalRecipient("ben=org@example.org", RecipientKind.To),
                new JournalRecipient("cleo@example.org", RecipientKind.Bcc, Expanded: "all@example.org"),
            ],
            report.Envelope.Recipients);
        Assert.Equal(plain.EnvelopeSha256, report.EnvelopeSha256);
    }

    [Theory]
    [InlineData("iso-8859-1", "iso-8859-1")]
    [InlineData("windows-1252", "windows-1252")]
    [InlineData("us-ascii", "utf-8")]
    [InlineData("us-ascii", "iso-8859-1")]
    [InlineData("x-unheard-of", "utf-8")]
    [InlineData("utf-7", "utf-8")]
    public async Task Subject_is_read_in_its_real_charset(string declared, string real)
    {
        var report = await Read.ReportAsync(A.JournalReport().Sender("anna@example.com").Subject("Änderung").To("ben@example.org")
            .EnvelopeCharset(declared, Encoding.GetEncoding(real)).Around(A.Mail()));

        Assert.Null(report.Doubt);
        Assert.Equal("Änderung", report.Envelope.Subject);
        Assert.Equal("ben@example.org", Assert.Single(report.Envelope.Recipients).Address);
    }

    [Fact]
    public async Task Utf_16_in_base64_is_read()
    {
        var report = await Read.ReportAsync(
            Report().EnvelopeCharset("utf-16", new UnicodeEncoding(bigEndian: false, byteOrderMark: false)).EnvelopeIn("base64"));

        Assert.Equal("anna@example.com", report.Envelope.Sender);
    }

    [Fact]
    public async Task Envelope_part_without_a_content_type_is_text()
    {
        var report = await Read.ReportAsync(Report().EnvelopeHeader("X-Empty:"));

        Assert.Null(report.Doubt);
        Assert.Equal("anna@example.com", report.Envelope.Sender);
    }

    [Fact]
    public void Part_with_an_invalid_header_is_still_read_for_lines() =>
        Assert.Equal(
            "anna@example.com", JournalEnvelope.Parse(EnvelopeText.Decode("\0garbage\r\nSender: anna@example.com\r\n"u8.ToArray())).Sender);

    private static ReportDraft Report() => A.JournalReport().Sender("anna@example.com").Subject("Änderung ✓")
        .To("ben=org@example.org").Bcc("cleo@example.org", expanded: "all@example.org").Around(A.Mail());
}
