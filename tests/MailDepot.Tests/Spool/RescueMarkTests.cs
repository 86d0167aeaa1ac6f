using System.Text;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Tests.Spool;

public sealed class RescueMarkTests
{
    private static readonly RescueMark Second = new(Tickets.Noon, 2);

    [Theory]
    [InlineData("{\"v\":1,\"id\":\"x\"}\n\0\u001f\n}payload{")]
    [InlineData("{\"v\":1,\"spool\":\"2026/11/23/name\"}")]
    [InlineData("{ \"v\" : 7, \"of a later\": {\"rescue\": [1, {}]}, \"version\": \"ü\" } \r\nrest")]
    public void It_is_added_and_removed_and_every_other_byte_stays(string text)
    {
        var message = Encoding.UTF8.GetBytes(text);
        Assert.Null(RescueMark.Read(message));
        var marked = Second.AddTo(message);
        Assert.Equal(Second, RescueMark.Read(marked));
        Assert.Equal(Second.Number + 1, RescueMark.Read((Second with { Number = 3 }).AddTo(marked))!.Number);
        Assert.Equal(WithoutPadding(text), WithoutPadding(Encoding.UTF8.GetString(RescueMark.Strip(marked))));

        static string WithoutPadding(string line) => line.Replace(" } \r", "} \r", StringComparison.Ordinal);
    }

    [Fact]
    public void A_marked_ticket_reads_as_the_same_ticket()
    {
        var ticket = Tickets.For("mail"u8.ToArray(), 1);
        var marked = Second.AddTo(ticket.Line());
        Assert.Equal(ticket.Line(), Ticket.Read(marked.AsSpan()[..^1]).Line());
        Assert.Equal(ticket.SpoolName, Ticket.SpoolNameIn(Second.AddTo(ticket.ToPointer())));
    }

    [Fact]
    public void The_largest_mark_fits_the_room_that_messages_leave()
    {
        var mark = new RescueMark(DateTimeOffset.MaxValue, int.MaxValue);
        var line = "{\"v\":1}"u8.ToArray();
        Assert.InRange(mark.AddTo(line).Length - line.Length, 1, StorageLimits.RescueMarkRoom);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage\n")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("{\"v\":\"one\"}")]
    [InlineData("{\"v\":1} {}")]
    [InlineData("{\"v\":1")]
    public void Garbage_is_recognized_and_returned_unchanged(string text)
    {
        var message = Encoding.UTF8.GetBytes(text);
        Assert.Equal(QuarantineReason.TicketUnreadable, Assert.Throws<UnarchivableException>(() => RescueMark.Read(message)).Reason);
        Assert.Equal(message, RescueMark.Strip(message));
    }

    [Theory]
    [InlineData("{\"v\":1,\"rescue\":true}")]
    [InlineData("{\"v\":1,\"rescue\":{\"first\":\"yesterday\",\"number\":2}}")]
    [InlineData("{\"v\":1,\"rescue\":null,\"more\":1}")]
    public void After_an_unreadable_mark_counting_starts_over(string text)
    {
        var message = Encoding.UTF8.GetBytes(text);
        Assert.Null(RescueMark.Read(message));
        Assert.Equal(Second, RescueMark.Read(Second.AddTo(message)));
    }
}
