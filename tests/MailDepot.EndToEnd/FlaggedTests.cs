using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

/// <summary>Mails that need a person's eye.</summary>
public sealed class FlaggedTests
{
    [Fact]
    public async Task A_report_that_was_cut_off_is_listed_with_its_reason_and_can_be_read_again()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        Assert.Equal("Nothing is flagged.\n", (await depot.AskAsync("flagged", "list")).Text);
        Assert.Equal("Nothing is flagged.\n", (await depot.AskAsync("reread", "--flagged")).Text);
        Assert.Equal("Nothing is left that an earlier version read.\n", (await depot.AskAsync("reread", "--older-reader")).Text);

        var sent = await Command.RunAsync(
            "swaks",
            folder.Path,
            new Dictionary<string, string?>(),
            "--server", $"127.0.0.1:{depot.SmtpPort}",
            "--from", "anna@example.com",
            "--to", "journal@depot.example.net",
            "--data", $"@{Clone.Path("src/MailDepot.Host/Demo/Samples/report-cut.eml")}");
        Assert.True(sent.Code == 0, sent.Text);
        await depot.UntilArchivedAsync(1);

        var flagged = Assert.Single((await depot.AskJsonAsync("flagged", "list")).GetProperty("mails").EnumerateArray());
        var (id, doubt) = (flagged.GetProperty("id").GetString()!, flagged.GetProperty("doubt").GetString()!);
        Assert.Contains(id, sent.Text, StringComparison.Ordinal); // in the 250 reply
        var listed = await depot.AskAsync("flagged", "list", "default", "--flag", "journal-uncertain");
        Assert.Contains(id, listed.Text, StringComparison.Ordinal);
        Assert.Contains(doubt, listed.Text, StringComparison.Ordinal);
        Assert.Equal("Nothing is flagged.\n", (await depot.AskAsync("flagged", "list", "--flag", "unparsed")).Text);

        var again = await depot.AskAsync("reread", "--flagged");
        Assert.Equal(
            (0, "1 flagged receipt read again: 0 with new facts, 0 of them no longer flagged; 1 as before.\n"),
            (again.Code, again.Text));
        var counts = await depot.AskJsonAsync("reread", "--flagged", "default");
        Assert.Equal((1, 0), (counts.GetProperty("read").GetInt32(), counts.GetProperty("changed").GetInt32()));
    }

    [Fact]
    public async Task A_mail_at_a_journal_address_that_is_no_report_is_listed_with_that_reason()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        using var mail = new MemoryStream("From: anna@example.com\r\nSubject: No report\r\n\r\ntext\r\n"u8.ToArray());
        await SmtpClient.SendAsync(
            "127.0.0.1", depot.SmtpPort, "", ["journal@depot.example.net"], mail, TestContext.Current.CancellationToken);
        await depot.UntilArchivedAsync(1);
        var listed = await depot.AskAsync("flagged", "list", "--flag", "no-report");
        Assert.Contains("It came to a journal address and is not a report.", listed.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'odd' is no flag: there are ", "flagged", "list", "--flag", "odd")]
    [InlineData("`maildepot reread --flagged`", "reread")]
    [InlineData("`maildepot reread --older-reader`", "reread", "--flagged", "--older-reader")]
    public async Task A_wrong_call_names_the_choices(string words, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, new Dictionary<string, string?>(), arguments);
        Assert.Contains(words, Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal(2, run.Code);
    }
}
