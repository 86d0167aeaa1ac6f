namespace MailDepot.EndToEnd;

/// <summary>What a person can do with a mail in quarantine.</summary>
public sealed class QuarantineTests
{
    private static readonly byte[] Mail = "From: anna@example.com\r\nSubject: Held back\r\n\r\ntext\r\n"u8.ToArray();

    [Fact]
    public async Task A_released_ticket_is_archived_and_the_log_shows_both()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        await using var archived = new Archived(depot.WorkStorage);
        var id = $"{await archived.HoldAsync(Mail, "The key was missing for a day.")}";
        Assert.Contains("The key was missing for a day.", (await depot.AskAsync("quarantine", "list")).Text, StringComparison.Ordinal);
        Assert.Contains("someone@example.com", (await depot.AskAsync("quarantine", "show", id)).Text, StringComparison.Ordinal);

        var released = await depot.AskAsync("quarantine", "release", id);
        Assert.Equal(
            (0, $"Ticket {id} is on the queue again: `maildepot log` shows what happens to it.\n"), (released.Code, released.Text));
        await depot.UntilArchivedAsync(1);
        Assert.Equal(Mail, (await depot.AskAsync("receipt", "raw", id)).Output);
        Assert.Equal("Quarantine is empty.\n", (await depot.AskAsync("quarantine", "list")).Text);
        await LogShowsAsync(depot, "Released from quarantine (never-succeeded)");
        await LogShowsAsync(depot, "archived in default: a mail \"Held back\"");
    }

    [Fact]
    public async Task A_deletion_needs_a_reason_which_log_and_ledger_keep()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        await using var archived = new Archived(depot.WorkStorage);
        var id = $"{await archived.HoldAsync(Mail, "It never succeeded.")}";
        foreach (var reason in new string[][] { [], ["--reason", " "] })
        {
            var refused = await depot.AskAsync(["quarantine", "delete", id, .. reason]);
            Assert.Equal(2, refused.Code);
            Assert.Contains("--reason", refused.Errors, StringComparison.Ordinal);
        }

        var listed = Assert.Single((await depot.AskJsonAsync("quarantine", "list")).EnumerateArray());
        Assert.Equal(
            ["id", "name", "since", "reason", "sentence", "bytes"], listed.EnumerateObject().Select(property => property.Name));
        Assert.Equal((id, "never-succeeded"), (listed.GetProperty("id").GetString(), listed.GetProperty("reason").GetString()));
        var deleted = await depot.AskAsync("quarantine", "delete", id, "--reason", "spam, agreed with Anna");
        Assert.Equal((0, $"Ticket {id} is deleted; ledger and log say why.\n"), (deleted.Code, deleted.Text));
        Assert.Empty((await depot.AskJsonAsync("quarantine", "list")).EnumerateArray());
        await LogShowsAsync(depot, "Deleted from quarantine (never-succeeded: It never succeeded.) because: spam, agreed with Anna");
        foreach (var call in new string[][] { ["show", id], ["get", id], ["receipt", "raw", id], ["show", id[..18]] })
        {
            var gone = await depot.AskAsync(call);
            Assert.Equal((1, ""), (gone.Code, gone.Text));
            Assert.Matches(
                $@"^maildepot: Ticket {id} was deleted from quarantine on \d{{4}}-\d\d-\d\d .* because: spam, agreed with Anna \(",
                gone.Errors);
        }

        var line = await depot.AskJsonAsync("quarantine", "show", id);
        Assert.Equal(
            ("spam, agreed with Anna", "never-succeeded", Mail.Length),
            (line.GetProperty("why").GetString(), line.GetProperty("reason").GetString(), line.GetProperty("bytes").GetInt32()));
        var text = (await depot.AskAsync("quarantine", "show", id)).Text;
        Assert.Contains("spam, agreed with Anna", text, StringComparison.Ordinal);
        Assert.Contains("someone@example.com", text, StringComparison.Ordinal);
        Assert.Equal(1, (await depot.AskAsync("quarantine", "delete", id, "--reason", "again")).Code);
    }

    [Fact]
    public async Task The_mail_of_a_ticket_can_be_read_as_it_came()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        await using var archived = new Archived(depot.WorkStorage);
        var id = $"{await archived.HoldAsync(Mail, "It never succeeded.")}";
        var file = Path.Combine(folder.Path, "held.eml");
        Assert.Equal(Mail, (await depot.AskAsync("quarantine", "get", id)).Output);
        var written = await depot.AskJsonAsync("quarantine", "get", id, "--output", file);
        Assert.Equal((id, file), (written.GetProperty("id").GetString(), written.GetProperty("file").GetString()));
        Assert.Equal(Mail, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));

        var nowhere = Path.Combine(folder.Path, "no", "folder");
        var unwritten = await depot.AskAsync("quarantine", "get", id, "-o", Path.Combine(nowhere, "x.eml"));
        Assert.Equal(
            (2, $"maildepot: {nowhere}/x.eml can't be written: there is no folder {nowhere}.\n"), (unwritten.Code, unwritten.Errors));
        foreach (var call in new string[][] { ["show", id], ["get", id], ["get", id[..20]], ["receipt", "raw", id] })
        {
            var elsewhere = await depot.AskAsync(call);
            Assert.Equal(
                (1, "", $"maildepot: Ticket {id} is in quarantine: see `maildepot quarantine show {id}`.\n"),
                (elsewhere.Code, elsewhere.Text, elsewhere.Errors));
        }
    }

    [Theory]
    [InlineData("", "'' is too short: give the ticket's id, or at least the first 8 digits of it.")]
    [InlineData("01a22e4", "'01a22e4' is too short: give the ticket's id, or at least the first 8 digits of it.")]
    [InlineData("00000000-0000", "Nothing in quarantine is called '00000000-0000': `maildepot quarantine list` shows what there is.")]
    public async Task An_id_that_leads_nowhere_is_one_sentence(string id, string sentence)
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        foreach (var verb in new[] { "show", "get" })
        {
            var answer = await depot.AskAsync("quarantine", verb, id);
            Assert.Equal((1, "", $"maildepot: {sentence}\n"), (answer.Code, answer.Text, answer.Errors));
        }
    }

    /// <summary>A running depot writes its events within a second or two.</summary>
    private static Task LogShowsAsync(RunningDepot depot, string words) => Eventually.IsTrueAsync(
        async () => (await depot.AskAsync("log")).Text.Contains(words, StringComparison.Ordinal), $"the log shows: {words}");
}
