using System.Text.Json;

namespace MailDepot.EndToEnd;

/// <summary>What the reader finds in files, without any storage.</summary>
public sealed class InspectTests
{
    private static readonly string Samples = Clone.Path("src/MailDepot.Host/Demo/Samples");

    [Fact]
    public async Task A_report_shows_its_recipients_with_their_roles_and_how_they_got_the_mail()
    {
        var run = await InspectAsync("--json", Path.Combine(Samples, "report-distribution-list.eml"));
        var mail = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal((0, "report"), (run.Code, mail.GetProperty("is").GetString()));
        var recipients = mail.GetProperty("recipients").EnumerateArray().ToList();
        Assert.All(recipients, recipient => Assert.Contains('@', recipient.GetProperty("address").GetString()!));
        Assert.Contains(
            recipients,
            recipient => recipient.TryGetProperty("via", out var via)
                && via.GetString()!.StartsWith("expanded from ", StringComparison.Ordinal));
        Assert.Equal("1 mail: 1 journal report, 0 of them uncertain; 0 flagged.", run.Errors.Trim());
    }

    [Fact]
    public async Task A_report_that_is_cut_off_says_why_it_would_be_kept_whole()
    {
        var run = await InspectAsync(Path.Combine(Samples, "report-cut.eml"));
        Assert.Contains("it is kept whole", run.Text, StringComparison.Ordinal);
        Assert.Contains("journal-uncertain", run.Text, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^doubt +\w", run.Text);
    }

    [Fact]
    public async Task A_whole_folder_is_read_one_object_per_mail_and_an_unreadable_file_stops_nothing()
    {
        var run = await InspectAsync("--json", "nowhere.eml", Samples);
        var lines = run.Text.Trim().Split('\n');
        Assert.Equal(Directory.GetFiles(Samples).Length, lines.Length);
        Assert.All(lines, line =>
        {
            var facts = JsonDocument.Parse(line).RootElement.GetProperty("facts");
            Assert.True(facts.GetProperty("from").GetArrayLength() > 0, line);
        });
        Assert.Equal(1, run.Code);
        Assert.Contains("maildepot: nowhere.eml can't be read: ", run.Errors, StringComparison.Ordinal);
        Assert.EndsWith("1 file could not be read.", run.Errors.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_file_it_reads_standard_input()
    {
        using var folder = new TemporaryFolder();
        var mail = Path.Combine(Samples, "german-umlauts.eml");
        var run = await Command.RunAsync(
            "sh", folder.Path, new Dictionary<string, string?>(), "-c", $"'{Command.MailDepot}' inspect <'{mail}'");
        Assert.Contains("Grüße aus Köln", run.Text, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^text +\d+ characters of ", run.Text);
        Assert.Equal(0, run.Code);
    }

    [Fact]
    public async Task A_bounce_that_returns_a_report_shows_the_mail_inside_it()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "bounce.eml");
        var report = A.JournalReport()
            .Sender("anna@example.com")
            .Bcc("cleo@example.org")
            .Around(A.Mail().Subject("Lost and found").Text("some text"));
        await File.WriteAllBytesAsync(file, A.Bounce(report.Bytes()), TestContext.Current.CancellationToken);
        var mail = JsonDocument.Parse((await InspectAsync("--json", file)).Output).RootElement;
        Assert.Equal("report", mail.GetProperty("is").GetString());
        Assert.Equal("Lost and found", mail.GetProperty("facts").GetProperty("subject").GetString());
        Assert.Equal("cleo@example.org", Assert.Single(mail.GetProperty("recipients").EnumerateArray()).GetProperty("address").GetString());
        Assert.Contains("some text", mail.GetProperty("text").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    private static async Task<Command> InspectAsync(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        return await Command.RunAsync(Command.MailDepot, folder.Path, new Dictionary<string, string?>(), ["inspect", .. arguments]);
    }
}
