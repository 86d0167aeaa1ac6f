using System.Collections.Immutable;
using MailDepot.Index;
using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Tests.Ledger;

public sealed class ParticipantTests
{
    [Fact]
    public void An_address_has_all_its_roles_in_one_place()
    {
        var receipt = Receipt(new MailFacts { From = [new("Anna@example.com")], To = [new("anna@EXAMPLE.com"), new("ben@example.org")] });
        Assert.Equal(ParticipantRoles.From | ParticipantRoles.To, Participant.Of(receipt).Single(p => p.Address == "anna@example.com").Roles);
    }

    [Fact]
    public void Of_more_addresses_than_the_index_takes_the_reports_recipients_come_first()
    {
        var header = Enumerable.Range(0, Participant.Most + 5).Select(i => new EmailAddress($"a{i}@example.com")).ToImmutableArray();
        var receipt = Receipt(new MailFacts { To = header }) with { Journal = new JournalEnvelope { Recipients = [new("zoe@example.org", RecipientKind.Bcc)] } };
        Assert.True(Participant.AreTooMany(receipt.Mail, receipt.Journal));
        Assert.Equal(Participant.Most, Participant.Of(receipt).Count);
        Assert.Contains(Participant.Of(receipt), p => p is { Address: "zoe@example.org", Roles: ParticipantRoles.Bcc });
    }

    [Fact]
    public void Where_only_the_envelope_tells_who_got_it_the_list_shows_the_envelope() =>
        Assert.Equal([TestDepot.Office], IndexRows.Recipients(Receipt(new MailFacts())));

    [Fact]
    public void A_journal_address_is_nobody() =>
        Assert.Empty(Participant.Of(Receipt(new MailFacts()) with { Flags = [ReceiptFlag.NoReport] }));

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
