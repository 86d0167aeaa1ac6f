using System.Text;

using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Address fields as real programs write them.</summary>
public sealed class AddressTests
{
    private const string Ada = "ada@example.com", Ben = "ben@example.net";

    [Theory]
    [InlineData("Some X <ada@example.com>\"", Ada, "Some X")] // a quotation mark too many
    [InlineData("Some X <\"ada@example.com\">", Ada, "Some X")]
    [InlineData("Some X <ada@example.com\">", Ada, "Some X")]
    [InlineData("'ada@example.com'", Ada, null)]
    [InlineData("\"'ada@example.com'\" <'ada@example.com'>", Ada, "'ada@example.com'")]
    [InlineData("Some X <<ada@example.com>>\"", Ada, "Some X")]
    [InlineData("Some X <>, <ada@example.com>", Ada, null, "Some X")]
    [InlineData("<mailto:ada@example.com>", Ada, null)]
    [InlineData("Some X <mailto:ada@example.com>", Ada, "Some X")]
    [InlineData("ada@example.com <mailto:ada@example.com>", Ada, "ada@example.com")]
    [InlineData("ada@example.com;", Ada, null)]
    [InlineData("Some X <ada@example.com>;", Ada, "Some X")]
    [InlineData("Some X [ada@example.com]", Ada, "Some X")]
    [InlineData("[ada@example.com]", Ada, null)]
    [InlineData("Some X ada@example.com", Ada, "Some X")]
    [InlineData("Some X (X) \\ <ada@example.com>", Ada, "Some X (X) \\")]
    [InlineData("=?utf-8?q?Some_X_=3Cada=40example.com=3E?=", Ada, "Some X")] // all of it is an encoded word
    [InlineData("=?utf-8?q?ada=40example.com?=", Ada, null)]
    [InlineData("Lind, Ada <ada@example.com>\"", Ada, "Lind, Ada")]
    [InlineData("ben@wrong.example <ada@example.com>\"", Ada, "ben@wrong.example")] // the address in angle brackets wins
    public Task Address_in_a_broken_field_is_found_and_flagged(string field, string address, string? name, string? alone = null) =>
        HasAsync(field, isBroken: true, [.. alone is null ? [] : new[] { new EmailAddress("", alone) }, new EmailAddress(address, name)]);

    [Theory]
    [InlineData("ada@example.com; ben@example.net")] // Outlook's separator
    [InlineData("ada@example.com;ben@example.net;")]
    [InlineData("<ada@example.com>\", ben@example.net")]
    [InlineData("ada@example.com\", \"ben@example.net")]
    [InlineData("ada@example.com,, ben@example.net, <>")]
    [InlineData("ada@example.com, mailto:ben@example.net;;")]
    [InlineData("ada@example.com\r\n\t; ben@example.net")]
    public Task Addresses_separated_or_quoted_wrongly_are_found_one_by_one(string field) =>
        HasAsync(field, isBroken: true, new EmailAddress(Ada), new EmailAddress(Ben));

    [Theory]
    [InlineData("\"X, Ada\" <ada@example.com>; \"Y; Ben\" <ben@example.net>", "X, Ada", "Y; Ben")]
    [InlineData("Ada <ada@example.com>; Ben <ben@example.net>", "Ada", "Ben")]
    [InlineData("\"Ada <ada@example.com>, \"Ben\" <ben@example.net>", "Ada", "Ben")] // the first mark is not closed
    [InlineData("Ada <ada@example.com>\", \"Ben\" <ben@example.net>", "Ada", "Ben")]
    [InlineData("Ada <ada@example.com>, Ben <ben@example.net>\"", "Ada", "Ben")]
    [InlineData("Ada (X, Y) <ada@example.com>; Ben <ben@example.net>", "Ada", "Ben")]
    [InlineData("=?utf-8?q?X,_Ada?= <ada@example.com>; Ben <ben@example.net>", "X, Ada", "Ben")]
    [InlineData("Ada <ada@example.com> Ben <ben@example.net>;", "Ada", "Ben")]
    public Task Names_stay_with_their_addresses(string field, string ada, string ben) =>
        HasAsync(field, isBroken: true, new EmailAddress(Ada, ada), new EmailAddress(Ben, ben));

    [Theory]
    [InlineData("MAILER-DAEMON <>", "MAILER-DAEMON", true)]
    [InlineData("Undisclosed recipients", "Undisclosed recipients", true)]
    [InlineData("Ada Lind, Ben Berg", "Ada Lind|Ben Berg", true)]
    [InlineData("Ada Lind; Ben Berg;", "Ada Lind|Ben Berg", true)]
    [InlineData("\"Lind, Ada\" <>, Ben Berg", "Lind, Ada|Ben Berg", true)]
    [InlineData("=?utf-8?q?J=C3=B6rg?= =?utf-8?q?_Lind?=", "Jörg Lind", true)]
    [InlineData("<<>>", "<<>>", true)]
    [InlineData("@", "@", true)]
    [InlineData("ada@", "ada@", true)]
    [InlineData("ada@example@com", "ada@example@com", true)]
    [InlineData("Ada, Ben", "Ada|Ben", false)]
    [InlineData("root (Cron)", "Cron <root>", false)]
    public Task Name_without_an_address_is_a_name(string field, string names, bool isBroken) =>
        HasAsync(field, isBroken, [.. names.Split('|').Select(name => new EmailAddress("", name))]);

    [Theory]
    [InlineData("undisclosed-recipients:;")]
    [InlineData("Undisclosed recipients:;")]
    [InlineData(" ")]
    public Task Empty_field_is_valid(string field) => HasAsync(field, isBroken: false);

    [Theory]
    [InlineData("ada@example.com", null)]
    [InlineData("< ada@example.com >", null)]
    [InlineData("<<ada@example.com>>", null)]
    [InlineData("ada@example.com <ada@example.com>", "ada@example.com")]
    [InlineData("\"ben@example.net\" <ada@example.com>", "ben@example.net")]
    [InlineData("Lind, Ada <ada@example.com>", "Lind, Ada")]
    [InlineData("Ada\" <ada@example.com>", "Ada")]
    [InlineData("\"5\\\" disk\" <ada@example.com>", "5\" disk")]
    [InlineData("ada@example.com (Ada)", "Ada")]
    [InlineData("\"Ada <ada@example.com>\" <ada@example.com>", "Ada <ada@example.com>")]
    public Task Valid_address_has_no_flag(string field, string? name) =>
        HasAsync(field, isBroken: false, new EmailAddress(Ada, name));

    [Fact]
    public async Task Long_field_full_of_marks_is_read_quickly()
    {
        foreach (var unit in new[] { "\"", "(", "<", "\"a", "<a@b.example", "a,\"", ">,\"", "\\\"", " @" })
        {
            var field = "; " + string.Concat(Enumerable.Repeat(unit, 200_000 / unit.Length));
            var watch = System.Diagnostics.Stopwatch.StartNew();

            _ = await Read.MailAsync(A.Mail().To(field));

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{unit} took {watch.Elapsed}.");
        }
    }

    /// <summary>In the mail as received, and in the same mail inside a report.</summary>
    private static async Task HasAsync(string field, bool isBroken, params EmailAddress[] addresses)
    {
        var mail = Encoding.UTF8.GetBytes($"From: anna@example.com\r\nTo: {field}\r\nDate: Mon, 23 Nov 2026 15:05:06 +0100\r\n\r\nx\r\n");
        var report = await Read.ReportAsync(A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(mail));
        foreach (var facts in new[] { (await Read.MailAsync(mail)).Facts, report.Inside! })
        {
            Assert.Equal(addresses, facts.To);
            Assert.Equal(isBroken ? [MailFlag.AddressBroken] : [], facts.Flags);
        }
    }
}
