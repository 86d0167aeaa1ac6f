using MailDepot.Documents;
using MailDepot.Index;
using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Tests.Ledger;

public sealed class ParticipantTests
{
    [Fact]
    public void An_address_appears_once_with_all_its_roles()
    {
        var receipt = Receipt(new MailFacts { From = [new("Anna@example.com")], To = [new("anna@EXAMPLE.com"), new("ben@example.org")] });
        var anna = Participant.Of(receipt).Single(p => p.Address == "anna@example.com");
        Assert.Equal(ParticipantRoles.From | ParticipantRoles.To, anna.Roles);
    }

    [Fact]
    public void If_there_are_more_addresses_than_the_index_takes_the_reports_recipients_take_precedence()
    {
        var header = Enumerable.Range(0, Participant.MaxPerReceipt + 5).Select(i => new EmailAddress($"a{i}@example.com"));
        var receipt = Receipt(new MailFacts { To = [.. header] }) with
        {
            Journal = new JournalEnvelope { Recipients = [new("zoe@example.org", RecipientKind.Bcc)] },
        };
        Assert.True(Participant.AreTooMany(receipt.Mail, receipt.Journal));
        Assert.Equal(Participant.MaxPerReceipt, Participant.Of(receipt).Count);
        Assert.Contains(Participant.Of(receipt), p => p is { Address: "zoe@example.org", Roles: ParticipantRoles.Bcc });
    }

    [Fact]
    public void If_only_the_envelope_has_recipients_the_list_shows_those() =>
        Assert.Equal([TestDepot.Office], IndexRows.Recipients(Receipt(new MailFacts())));

    [Fact]
    public void A_name_without_an_address_is_not_a_participant_and_is_shown_as_a_name()
    {
        var receipt = Receipt(new MailFacts
        {
            From = [new("", "Ada Lind")],
            To = [new("", "Ben Berg"), new("cleo@example.org")],
            Cc = [new("", "Dora")],
        });

        Assert.Equal(["cleo@example.org", TestDepot.Office], Participant.Of(receipt).Select(one => one.Address), StringComparer.Ordinal);
        Assert.Equal(["cleo@example.org"], IndexRows.Recipients(receipt));
        Assert.Equal("Ada Lind", IndexRows.Sender(receipt));
        Assert.Equal([TestDepot.Office], IndexRows.Recipients(Receipt(new MailFacts { To = [new("", "Ben Berg")] })));
    }

    [Fact]
    public void A_journal_address_is_not_a_person() =>
        Assert.Empty(Participant.Of(Receipt(new MailFacts()) with { Flags = [ReceiptFlag.NoReport] }));

    [Fact]
    public void Each_role_that_only_the_report_shows_is_hidden()
    {
        var facts = new MailFacts
        {
            From = [new("anna@example.com")],
            To = [new("Ben@example.org"), new("all@example.org")],
            Cc = [new("cleo@example.org")],
            Bcc = [new("dora@example.org")],
        };
        var receipt = Receipt(facts) with
        {
            Journal = new JournalEnvelope
            {
                Sender = "assistant@example.com",
                OnBehalfOf = "anna@example.com",
                Recipients =
                [
                    new("ben@EXAMPLE.org", RecipientKind.Unknown),
                    new("cleo@example.org", RecipientKind.Bcc),
                    new("anna@example.com", RecipientKind.Bcc),
                    new("emil@example.org", RecipientKind.To, Expanded: "all@example.org"),
                    new("fred@example.org", RecipientKind.Unknown, Expanded: "board@example.org"),
                    new("gina@example.org", RecipientKind.Cc, Forwarded: "hans@example.org"),
                ],
            },
        };

        Assert.Equal(
            [
                new("all@example.org", ParticipantRoles.To | ParticipantRoles.Expanded),
                new("anna@example.com", ParticipantRoles.From | ParticipantRoles.Bcc | ParticipantRoles.OnBehalfOf, ParticipantRoles.Bcc),
                new("assistant@example.com", ParticipantRoles.From),
                new("ben@example.org", ParticipantRoles.To | ParticipantRoles.Recipient),
                new("board@example.org", ParticipantRoles.Expanded, ParticipantRoles.Expanded),
                new("cleo@example.org", ParticipantRoles.Cc | ParticipantRoles.Bcc, ParticipantRoles.Bcc),
                new("dora@example.org", ParticipantRoles.Bcc, ParticipantRoles.Bcc),
                new("emil@example.org", ParticipantRoles.To, ParticipantRoles.To),
                new("fred@example.org", ParticipantRoles.Recipient, ParticipantRoles.Recipient),
                new("gina@example.org", ParticipantRoles.Cc, ParticipantRoles.Cc),
                new("hans@example.org", ParticipantRoles.Forwarded, ParticipantRoles.Forwarded),
            ],
            Participant.Of(receipt));
        Assert.Equal(["ben@EXAMPLE.org", "cleo@example.org"], IndexRows.Recipients(receipt, hidden: false));
        Assert.Equal(
            ["anna@example.com", "emil@example.org", "fred@example.org", "gina@example.org"], IndexRows.Recipients(receipt, hidden: true));
    }

    [Fact]
    public void An_envelope_recipient_that_is_not_in_the_header_is_hidden()
    {
        Assert.Equal(ParticipantRoles.Recipient, Assert.Single(Participant.Of(Receipt(new MailFacts()))).Hidden);
        Assert.Equal(ParticipantRoles.None, Assert.Single(Participant.Of(Receipt(new MailFacts { To = [new(TestDepot.Office)] }))).Hidden);
    }

    [Fact]
    public void A_list_with_many_members_counts_once_among_the_addresses()
    {
        Assert.False(Participant.AreTooMany(new MailFacts(), Members(_ => "all@example.com")));
        Assert.True(Participant.AreTooMany(new MailFacts(), Members(i => $"list{i}@example.com")));

        static JournalEnvelope Members(Func<int, string> list) => new()
        {
            Recipients =
            [
                .. Enumerable.Range(0, 6_000)
                    .Select(i => new JournalRecipient($"a{i}@example.com", RecipientKind.Unknown, list(i))),
            ],
        };
    }

    private static Receipt Receipt(MailFacts facts) => new()
    {
        Id = Tickets.Id(1),
        Container = TestDepot.Container,
        DeliveryKey = default,
        Received = Tickets.Noon,
        Source = TestDepot.To(TestDepot.Office),
        RawBytes = 1,
        RawSha256 = default,
        Document = new DocumentPlace("documents/2026-11/1.eml", default, 1),
        DocumentFirst = Tickets.Id(1),
        Mail = facts,
    };
}
