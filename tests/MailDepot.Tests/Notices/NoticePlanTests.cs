using CsCheck;
using MailDepot.Notices;

namespace MailDepot.Tests.Notices;

public sealed class NoticePlanTests
{
    private static readonly DateTimeOffset Noon = Tickets.Noon;

    [Fact]
    public void Mails_are_due_at_once_after_one_hour_after_four_and_then_daily()
    {
        var times = new List<double>();
        DateTimeOffset? sent = null;
        for (var i = 0; i < 6; i++)
        {
            sent = NoticePlan.Next(Noon, sent, interval: null);
            times.Add((sent.Value - Noon).TotalHours);
        }

        Assert.Equal([0, 1, 4, 24, 48, 72], times);
    }

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(3.9, 4)]
    [InlineData(5, 24)]
    [InlineData(25, 48)]
    public void A_late_mail_replaces_those_that_were_missed(double lastAfter, double nextAfter) =>
        Assert.Equal(Noon.AddHours(nextAfter), NoticePlan.Next(Noon, Noon.AddHours(lastAfter), interval: null));

    [Theory]
    [InlineData(0, null, 1)]
    [InlineData(24, null, 25)]
    [InlineData(24, 0.0, 25)]
    [InlineData(4, 1.0, 25)]
    [InlineData(4, 4.0, 28)]
    public void A_kind_that_no_mail_reported_for_a_day_is_due_an_hour_after_the_last_mail_at_the_earliest(
        double lastAfter, double? reportedAfter, double newsAfter) =>
        Assert.Equal(
            Noon.AddHours(newsAfter),
            NoticePlan.OtherKind(Noon.AddHours(lastAfter), reportedAfter is { } hours ? Noon.AddHours(hours) : null));

    [Fact]
    public void A_single_failure_never_counts_as_another_kind() => // its own last mail is the last one
        Gen.Int[0, 400 * 24 * 60].Sample(minutes =>
            NoticePlan.OtherKind(Noon.AddMinutes(minutes), Noon.AddMinutes(minutes))
            >= NoticePlan.Next(Noon, Noon.AddMinutes(minutes), interval: null));

    [Fact]
    public void With_an_interval_a_mail_is_due_after_each() =>
        Assert.Equal(Noon.AddMinutes(12), NoticePlan.Next(Noon, Noon.AddMinutes(7), TimeSpan.FromMinutes(5)));

    [Fact]
    public void The_next_mail_is_always_later_than_the_last_and_within_a_day_of_it() =>
        Gen.Int[0, 400 * 24 * 60].Sample(minutes =>
        {
            var last = Noon.AddMinutes(minutes);
            return NoticePlan.Next(Noon, last, interval: null) - last is { Ticks: > 0 } pause && pause <= TimeSpan.FromDays(1);
        });
}
