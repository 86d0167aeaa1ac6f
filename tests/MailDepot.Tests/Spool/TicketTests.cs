using System.Text;
using MailDepot.Mail;
using MailDepot.Smtp;
using MailDepot.Spool;

namespace MailDepot.Tests.Spool;

public sealed class TicketTests
{
    [Fact]
    public void A_ticket_reads_back_as_it_was_written()
    {
        var ticket = Tickets.For("mail"u8.ToArray(), 1) with
        {
            Source = new SmtpSource(
                "2001:db8::1", "mx.example.org", "söhnke@example.com", ["a\"b@example.com", "日本@example.jp"], "TLSv1.3"),
            Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
        var read = Ticket.Read(ticket.Line().AsSpan()[..^1]);
        Assert.Equal(ticket.Line(), read.Line());
        Assert.Equal(((SmtpSource)ticket.Source).To, ((SmtpSource)read.Source).To);
    }

    [Fact]
    public void The_format_is_the_documented_one()
    {
        var ticket = Tickets.For("mail"u8.ToArray(), 1);
        var line = $$"""
            {"v":1,"id":"{{ticket.Id:D}}","source":{"kind":"smtp","peer":"192.0.2.7","helo":"mx.example.org","from":"",
            "to":["office@example.com"]},"received":"2026-11-23T12:00:00.001+00:00","bytes":4,"sha256":"{{Digest.Of("mail"u8)}}"}
            """;
        Assert.Equal(line.ReplaceLineEndings("") + "\n", Encoding.UTF8.GetString(ticket.Line()));
        Assert.Equal($$"""{"v":1,"spool":"2026/11/23/{{ticket.Id:D}}"}""", Encoding.UTF8.GetString(ticket.ToPointer()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("{}")]
    [InlineData("[1,2]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{\"v\":1}")]
    [InlineData("{\"v\":1,\"id\":\"no id\",\"source\":{\"kind\":\"smtp\"}}")]
    [InlineData("{\"v\":1,\"id\":\"019ab0dc-1201-7000-8000-000000000001\",\"source\":{\"kind\":\"pigeon\"}}")]
    public void An_error_says_that_a_line_is_not_a_ticket(string line)
    {
        var error = Assert.Throws<UnarchivableException>(() => Ticket.Read(Encoding.UTF8.GetBytes(line)));
        Assert.Equal(QuarantineReason.TicketUnreadable, error.Reason);
        Assert.Contains("is not a ticket", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ticket_of_a_later_version_waits_for_a_newer_archiver()
    {
        var error = Assert.Throws<NewerTicketException>(() => Ticket.Read("{\"v\":2,\"what\":\"comes\",\"later\":true}"u8));
        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
        Assert.Throws<NewerTicketException>(() => Ticket.SpoolNameIn("{\"v\":2,\"spool\":\"x\"}"u8));
    }

    // In JSON U+0080 takes six bytes, in UTF-8 two: no other character grows more.
    [Fact]
    public void A_ticket_with_the_maximum_of_longest_recipients_can_be_read()
    {
        var longest = string.Concat(Enumerable.Repeat("\u0080", 155)) + "@a.example";
        Assert.True(SmtpCommand.TryParse(Encoding.UTF8.GetBytes($"RCPT TO:<{longest}>"), out var command, out _));
        var recipients = Enumerable.Repeat(command.Argument, new SmtpLimits().Recipients);
        var source = new SmtpSource(SmtpStage.Peer, "client.example", command.Argument, [.. recipients]);
        var ticket = new Ticket(SmtpStage.Ticket(0), source, TimeProvider.System.GetUtcNow(), 0, Digest.Of([]));
        Assert.InRange(ticket.Line().Length, 900_000, Ticket.MaxLineBytes);
    }
}
