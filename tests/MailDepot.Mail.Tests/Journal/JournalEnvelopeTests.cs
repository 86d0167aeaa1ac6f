using MailDepot.Journal;

namespace MailDepot.Tests.Journal;

public sealed class JournalEnvelopeTests
{
    [Fact]
    public void Envelope_of_a_mail_sent_by_a_delegate_is_read_completely()
    {
        var envelope = JournalEnvelope.Parse(
            "Sender: anna@example.com\r\nOn-Behalf-Of: boss@example.com\r\nSubject: Offer\r\nMessage-ID: <offer-1@example.com>\r\n"
                + "To: ben@example.org\r\n");

        Assert.Equal("anna@example.com", envelope.Sender);
        Assert.Equal("boss@example.com", envelope.OnBehalfOf);
        Assert.Equal("Offer", envelope.Subject);
        Assert.Equal("offer-1@example.com", envelope.MessageId);
        Assert.Equal([new JournalRecipient("ben@example.org", RecipientKind.To)], envelope.Recipients);
    }

    [Theory]
    [InlineData("Recipient", RecipientKind.Unknown)]
    [InlineData("To", RecipientKind.To)]
    [InlineData("Cc", RecipientKind.Cc)]
    [InlineData("Bcc", RecipientKind.Bcc)]
    public void Every_kind_of_recipient_may_have_a_list_or_a_forward(string name, RecipientKind kind)
    {
        var envelope = JournalEnvelope.Parse(
            $"{name}: ben@example.org\n{name}: cleo@example.org, Expanded: all@example.org\n"
            + $"{name.ToUpperInvariant()}: dora@example.org,forwarded:emil@example.net\n");

        Assert.Equal(
            [
                new JournalRecipient("ben@example.org", kind),
                new JournalRecipient("cleo@example.org", kind, Expanded: "all@example.org"),
                new JournalRecipient("dora@example.org", kind, Forwarded: "emil@example.net"),
            ],
            envelope.Recipients);
    }

    [Fact]
    public void Line_with_both_suffixes_keeps_both() => Assert.Equal(
        [new JournalRecipient("ben@example.org", RecipientKind.Bcc, "all@example.org", "emil@example.net")],
        JournalEnvelope.Parse("Bcc: ben@example.org, Expanded: all@example.org, Forwarded: emil@example.net").Recipients);

    [Fact]
    public void X_500_address_keeps_its_commas()
    {
        var envelope = JournalEnvelope.Parse(
            "Sender: [EX:/o=Example, Inc/cn=Anna]\nTo: [EX:/o=Example, Inc/cn=Ben], Expanded: [EX:/o=Example, Inc/cn=All]\n");

        Assert.Equal("[EX:/o=Example, Inc/cn=Anna]", envelope.Sender);
        Assert.Equal(
            [new JournalRecipient("[EX:/o=Example, Inc/cn=Ben]", RecipientKind.To, "[EX:/o=Example, Inc/cn=All]")], envelope.Recipients);
    }

    [Fact]
    public void Quoted_local_part_that_imitates_a_suffix_is_an_address() => Assert.Equal(
        [new JournalRecipient("\"a, Expanded: b\"@example.com", RecipientKind.To, "list@example.com")],
        JournalEnvelope.Parse("To: \"a, Expanded: b\"@example.com, Expanded: list@example.com").Recipients);

    [Theory]
    [InlineData("Bcc: hidden@example.com")]
    [InlineData("Recipient: a@example.com, Expanded: b@example.com")]
    [InlineData("Sender: eve@example.com")]
    [InlineData("a line\u2028Bcc: hidden@example.com")]
    [InlineData("a line\u0085Bcc: hidden@example.com")]
    [InlineData("a page\fBcc: hidden@example.com")]
    [InlineData("a return\rBcc: hidden@example.com")]
    public void Subject_that_imitates_a_line_is_a_subject(string subject)
    {
        var envelope = JournalEnvelope.Parse(
            $"Sender: anna@example.com\r\nSubject: {subject}\r\nMessage-ID: <1@example.com>\r\nTo: ben@example.org\r\n");

        Assert.Equal(subject, envelope.Subject);
        Assert.Equal("anna@example.com", envelope.Sender);
        Assert.Equal([new JournalRecipient("ben@example.org", RecipientKind.To)], envelope.Recipients);
    }

    [Fact]
    public void Message_id_may_precede_the_subject_and_have_angle_brackets()
    {
        var envelope = JournalEnvelope.Parse(
            "SENDER: anna@example.com\nMessage-Id: <1@example.com>\nsubject: Offer\nrecipient: ben@example.org");

        Assert.Equal(("anna@example.com", "1@example.com", "Offer"), (envelope.Sender, envelope.MessageId, envelope.Subject));
        Assert.Equal("ben@example.org", Assert.Single(envelope.Recipients).Address);
    }

    [Theory]
    [InlineData("SentUtc: 11/23/2026 2:05:06 PM\nReceivedUtc: 11/23/2026 2:05:09 PM")]
    [InlineData("sentutc: 2026-11-23T14:05:06Z\nReceived: 2026-11-23T14:05:09Z")]
    [InlineData("SentUtc: Mon, 23 Nov 2026 15:05:06 +0100\nReceivedUtc: Mon, 23 Nov 2026 14:05:09 GMT\nReceived: 1/1/2001")]
    public void Lines_of_managed_folder_journaling_are_understood(string times)
    {
        var envelope = JournalEnvelope.Parse(
            "Sender: anna@example.com\nSubject: Offer\nMessage-ID: <1@example.com>\nLabel: Contracts\n"
            + $"Mailbox: <anna@example.com>\n{times}\nTo: ben@example.org\n");

        Assert.Equal(("Contracts", "anna@example.com"), (envelope.Label, envelope.Mailbox));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 14, 5, 6, TimeSpan.Zero), envelope.SentUtc);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 14, 5, 9, TimeSpan.Zero), envelope.ReceivedUtc);
        Assert.Equal("ben@example.org", Assert.Single(envelope.Recipients).Address);
    }

    [Fact]
    public void Invalid_time_is_absent() => Assert.Null(JournalEnvelope.Parse("SentUtc: yesterday\nTo: ben@example.org").SentUtc);

    [Fact]
    public void Envelope_of_exchange_2003_names_its_recipients_in_a_list()
    {
        var envelope = JournalEnvelope.Parse(
            "Sender: \"Anna Lind\" <anna@example.com>\r\nMessage-ID: <1@example.com>\r\nRecipients:\r\n"
                + "\t\"Ben, Expanded: no\" <ben@example.org>\r\n\tcleo@example.org, Expanded: All <all@example.org>\r\n\r\n"
                + "Subject: Offer\r\n\tnobody@example.org\r\n");

        Assert.Equal(("anna@example.com", "1@example.com", "Offer"), (envelope.Sender, envelope.MessageId, envelope.Subject));
        Assert.Equal(
            [
                new JournalRecipient("ben@example.org", RecipientKind.Unknown),
                new JournalRecipient("cleo@example.org", RecipientKind.Unknown, "all@example.org"),
            ],
            envelope.Recipients);
    }

    [Fact]
    public void Nested_groups_are_both_kept() => Assert.Equal(
        [
            new JournalRecipient("ben@example.org", RecipientKind.To, "team@example.org", "old@example.org"),
            new JournalRecipient("ben@example.org", RecipientKind.To, "all@example.org"),
        ],
        JournalEnvelope.Parse("To: ben@example.org, Expanded: team@example.org, Expanded: all@example.org, Forwarded: old@example.org")
            .Recipients);

    [Fact]
    public void Of_repeated_fields_the_first_counts()
    {
        var envelope = JournalEnvelope.Parse(
            "Sender: anna@example.com\nSubject: Offer\nTo: ben@example.org\nSender: eve@example.com\nSubject: other\n");

        Assert.Equal(("anna@example.com", "Offer"), (envelope.Sender, envelope.Subject));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n\r\n")]
    [InlineData("Sender: <>\nSubject:\nMessage-ID:\nTo: \nno colon\n:\n: value")]
    public void Empty_values_are_absent(string text)
    {
        var envelope = JournalEnvelope.Parse(text);

        Assert.Equal(
            (null, null, null, null, null), (envelope.Sender, envelope.OnBehalfOf, envelope.Subject, envelope.MessageId, envelope.Label));
        Assert.Empty(envelope.Recipients);
    }

    [Fact]
    public void Line_of_a_million_commas_is_one_recipient() =>
        Assert.Single(JournalEnvelope.Parse($"To: {new string(',', 1_000_000)}a@example.com").Recipients);

    [Fact]
    public void Line_of_a_hundred_thousand_lists_is_read_at_once()
    {
        var lists = string.Concat(Enumerable.Range(0, 100_000).Select(n => $", Expanded: {n}@example.com"));
        Assert.Equal(100_000, JournalEnvelope.Parse("To: a@example.com" + lists).Recipients.DistinctBy(one => one.Expanded).Count());
    }
}
