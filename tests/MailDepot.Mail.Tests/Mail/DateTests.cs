using System.Globalization;
using System.Text;

using CsCheck;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Dates as real programs write them: what they mean, and whether that is certain.</summary>
public sealed class DateTests
{
    private static readonly string[] Pieces =
        [
            "Mon", "2", "Mar", "2026", "10:00:00", "+0100", "CET", "(", ")", "\\", ",", " ", ":", ".", "-", "+", "T", "PM", "24:00", "0",
            "é", "\"", "2026-03-02",
        ];

    [Theory]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("2 Mar 2026 10:00 +0100", "2026-03-02T10:00:00+01:00")] // RFC 5322 §3.3: neither day of the week nor seconds are needed
    [InlineData("Mon, 02 Mar 2026 10:00:00 -0000", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon,02 Mar 2026 10:00:00+0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 2\r\n Mar 2026\r\n\t10:00:00 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon (a (nested) day), 02 Mar 2026 10:00:00 +0100 (CET)", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10(hours): 00 : 00 +0100", "2026-03-02T10:00:00+01:00")] // RFC 5322, appendix A.6.3
    [InlineData("Mon, 02 Mar 2026 10:00:00 +0100 (W. Europe Standard Time", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +01:00", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +01", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 -3:30", "2026-03-02T10:00:00-03:30")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +0545", "2026-03-02T10:00:00+05:45")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 GMT+0100 (CET)", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 UTC+0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 UTC-05:00", "2026-03-02T10:00:00-05:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 GMT+1", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 GMT +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +0100 CET", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 -0500 EST", "2026-03-02T10:00:00-05:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 pdt", "2026-03-02T10:00:00-07:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 UTC", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 10.00.00 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00.500 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 PM +0100", "2026-03-02T22:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 12:00:00 AM +0100", "2026-03-02T00:00:00+01:00")]
    [InlineData("Monday, March 2, 2026 10:00 PM GMT", "2026-03-02T22:00:00+00:00")]
    [InlineData("Mon, 02-Mar-2026 10:00:00 GMT", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon Mar  2 10:00:00 2026 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon Mar 02 2026 10:00:00 GMT+0100 (Central European Standard Time)", "2026-03-02T10:00:00+01:00")]
    [InlineData("2 Mar 26 10:00:00 EST", "2026-03-02T10:00:00-05:00")]
    [InlineData("1 Jan 99 10:00:00 GMT", "1999-01-01T10:00:00+00:00")]
    [InlineData("2 Mar 126 10:00:00 GMT", "2026-03-02T10:00:00+00:00")]
    [InlineData("2026-03-02T10:00:00+01:00", "2026-03-02T10:00:00+01:00")]
    [InlineData("2026-03-02T10:00:00.123Z", "2026-03-02T10:00:00+00:00")]
    [InlineData("2026-03-02 10:00:00 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("\"Mon, 02 Mar 2026 10:00:00 +0100\"", "2026-03-02T10:00:00+01:00")]
    public async Task Date_that_is_fully_understood_has_no_flag(string field, string date)
    {
        foreach (var facts in await FactsAsync(field))
        {
            Assert.Equal((date, null, ""), (Shown(facts), facts.DateText, string.Join(' ', facts.Flags)));
        }
    }

    [Theory]
    [InlineData("Mon, 02 Mar 2026 10:00:00", "2026-03-02T10:00:00+00:00")] // no zone
    [InlineData("Mon Mar  2 10:00:00 2026", "2026-03-02T10:00:00+00:00")]
    [InlineData("2026-03-02T10:00:00", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 PM", "2026-03-02T22:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 (CET)", "2026-03-02T10:00:00+01:00")] // a zone in the comment only
    [InlineData("Mon, 02 Mar 2026 10:00:00 CET", "2026-03-02T10:00:00+01:00")] // a name that is none of RFC 5322's
    [InlineData("Mon, 02 Mar 2026 10:00:00 MESZ", "2026-03-02T10:00:00+02:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 JST", "2026-03-02T10:00:00+09:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 IST", "2026-03-02T10:00:00+00:00")] // India, Israel or Ireland
    [InlineData("Mon, 02 Mar 2026 10:00:00 A", "2026-03-02T10:00:00+00:00")] // RFC 5322 §4.3
    [InlineData("Mon, 02 Mar 2026 10:00:00 W. Europe Standard Time", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 GMT Standard Time", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 Europe/Berlin", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +9999", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +0175", "2026-03-02T10:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +01O0", "2026-03-02T10:00:00+00:00")] // a letter
    [InlineData("Mon, 02 Mar 2026 10:00:00 +100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +0100 +0200", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +0200 CET", "2026-03-02T10:00:00+02:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:00 +0100 by courier", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:00:60 +0000", "2026-03-02T10:00:59+00:00")]
    [InlineData("Mon, 02 Mar 2026 24:00:00 +0000", "2026-03-03T00:00:00+00:00")]
    [InlineData("Mon, 02 Mar 2026 25:00:00 +0100", "2026-03-02T00:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10:61:00 +0100", "2026-03-02T00:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 10h00 +0100", "2026-03-02T00:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 22:00:00 AM +0100", "2026-03-02T22:00:00+01:00")]
    [InlineData("Mon, 02 Mar 2026 +0100", "2026-03-02T00:00:00+01:00")]
    [InlineData("Tue, 02 Mar 2026 10:00:00 +0100", "2026-03-02T10:00:00+01:00")] // was a Monday
    [InlineData("Mo, 02 Mar 2026 10:00:00 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("Mo, 02 Mär 2026 10:00:00 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("ven., 2 oct. 2026 10:00:00 +0200", "2026-10-02T10:00:00+02:00")]
    [InlineData("mar., 3 mars 2026 10:00:00 +0100", "2026-03-03T10:00:00+01:00")]
    [InlineData("lun, 02 dic 2024 10:00:00 +0100", "2024-12-02T10:00:00+01:00")]
    [InlineData("seg, 02 fev 2026 10:00:00 -0300", "2026-02-02T10:00:00-03:00")]
    [InlineData("Date: Mon, 02 Mar 2026 10:00:00 +0100", "2026-03-02T10:00:00+01:00")]
    [InlineData("02/03/2026 10:00:00 +0100", "2026-02-03T10:00:00+01:00")] // whose order?
    public async Task Date_with_ignored_or_guessed_parts_is_uncertain_and_keeps_its_text(string field, string date)
    {
        foreach (var facts in await FactsAsync(field))
        {
            Assert.Equal((date, field.Replace("  ", " ", StringComparison.Ordinal)), (Shown(facts), facts.DateText));
            Assert.Equal([MailFlag.DateUncertain], facts.Flags);
        }
    }

    [Theory]
    [InlineData("Mon, 31 Feb 2026 10:00:00 +0100")]
    [InlineData("Mon, 02 Foo 2026 10:00:00 +0100")]
    [InlineData("2026")]
    [InlineData("10:00:00 +0100")]
    [InlineData("(2 Mar 2026 10:00:00 +0100)")]
    public async Task Date_without_day_month_and_year_is_unreadable(string field)
    {
        foreach (var facts in await FactsAsync(field))
        {
            Assert.Null(facts.Date);
            Assert.Equal(field, facts.DateText);
            Assert.Equal([MailFlag.DateUnreadable], facts.Flags);
        }
    }

    [Fact]
    public void Date_at_the_end_of_time_is_no_error()
    {
        Assert.Equal(DateTimeOffset.MinValue, DateField.Read("1 Jan 0001 00:00:00 +1400", out _));
        Assert.Equal(DateTimeOffset.MinValue, DateField.Read("31 Dec 9999 24:00:00 -1400", out _));
    }

    [Fact]
    public void No_text_makes_reading_a_date_fail() => Gen.Int[0, Pieces.Length - 1].Array[0, 12].Sample(
        pieces => _ = DateField.Read(string.Concat(pieces.Select(n => Pieces[n])), out _));

    /// <summary>Of the mail as received, and of the same mail inside a report.</summary>
    private static async Task<MailFacts[]> FactsAsync(string field)
    {
        var mail = Encoding.UTF8.GetBytes($"From: anna@example.com\r\nTo: ben@example.org\r\nSubject: offer\r\nDate: {field}\r\n\r\nx\r\n");
        var report = await Read.ReportAsync(A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(mail));
        return [(await Read.MailAsync(mail)).Facts, report.Inside!];
    }

    private static string? Shown(MailFacts facts) => facts.Date?.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
}
