using System.Text.RegularExpressions;
using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

/// <summary>Every id that a verb prints can be pasted into another, whole or only its beginning.</summary>
public sealed partial class IdTests
{
    private static readonly byte[] Mail = "From: anna@example.com\r\nSubject: Pasted\r\n\r\ntext\r\n"u8.ToArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_list_and_log_print_and_its_beginning_can_be_pasted()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        await SmtpClient.SendAsync("127.0.0.1", depot.SmtpPort, "", ["a@example.com"], new MemoryStream(Mail), Token);
        await depot.UntilArchivedAsync(1);
        var listed = Id().Match((await depot.AskAsync("list")).Text).Value;
        await Eventually.IsTrueAsync(
            async () => (await depot.AskAsync("log")).Text.Contains($"archived    {listed}  ", StringComparison.Ordinal),
            "the log has the whole id");

        var digits = listed.Replace("-", "", StringComparison.Ordinal);
        foreach (var id in new[] { listed, listed.ToUpperInvariant(), listed[..18], listed[..13], listed[..8], digits[..20] })
        {
            Assert.Contains($"{listed} in default", (await depot.AskAsync("show", id)).Text, StringComparison.Ordinal);
            Assert.Equal(Mail, (await depot.AskAsync("get", id)).Output);
            Assert.Equal(Mail, (await depot.AskAsync("receipt", "raw", id)).Output);
            var after = await depot.AskAsync("list", "--after", id);
            Assert.Equal((0, "No mails.\n"), (after.Code, after.Text));
        }

        var short7 = await depot.AskAsync("show", listed[..7]);
        Assert.Equal(2, short7.Code);
        Assert.Contains("is no id", short7.Errors, StringComparison.Ordinal);
        var unknown = await depot.AskAsync("get", "00000000-0000");
        Assert.Equal(1, unknown.Code);
        Assert.Contains(
            "No receipt's id begins with 00000000-0000",
            Assert.Single(unknown.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ambiguous_beginning_is_one_sentence_that_names_the_ids()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        foreach (var text in new[] { "one\r\n", "two\r\n" })
        {
            using var mail = new MemoryStream([.. Mail, .. System.Text.Encoding.ASCII.GetBytes(text)]);
            await SmtpClient.SendAsync("127.0.0.1", depot.SmtpPort, "", ["a@example.com"], mail, Token);
        }

        await depot.UntilArchivedAsync(2);
        var ids = Id().Matches((await depot.AskAsync("list")).Text).Select(id => id.Value).ToList();
        Assert.SkipUnless(ids[0][..8] == ids[1][..8], "The two ids fall into different 65-second periods.");
        var answer = await depot.AskAsync("show", ids[0][..8]);
        var sentence = Assert.Single(answer.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((1, ""), (answer.Code, answer.Text));
        Assert.StartsWith($"maildepot: Several ids begin with {ids[0][..8]}; ", sentence, StringComparison.Ordinal);
        Assert.All(ids, id => Assert.Contains(id, sentence, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ticket_in_quarantine_is_found_by_its_beginning()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        await using var archived = new Archived(depot.WorkStorage);
        var one = $"{await archived.HoldAsync(Mail, "It never succeeded.")}";
        var other = $"{await archived.HoldAsync(Mail, "Nor did this one.")}";
        Assert.Contains("Nor did this one.", (await depot.AskAsync("quarantine", "show", other[..20])).Text, StringComparison.Ordinal);
        if (one[..8] == other[..8])
        {
            var several = await depot.AskAsync("quarantine", "delete", one[..8], "--reason", "none");
            Assert.Equal(1, several.Code);
            Assert.Contains(one, several.Errors, StringComparison.Ordinal);
            Assert.Contains(other, several.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(1, (await depot.AskAsync("quarantine", "delete", one[..7], "--reason", "none")).Code);
        Assert.Equal(0, (await depot.AskAsync("quarantine", "delete", one[..20], "--reason", "spam")).Code);
        Assert.Equal(other, Assert.Single((await depot.AskJsonAsync("quarantine", "list")).EnumerateArray()).GetProperty("id").GetString());
    }

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Id();
}
