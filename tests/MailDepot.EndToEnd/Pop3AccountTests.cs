using System.Text;
using System.Text.Json;

namespace MailDepot.EndToEnd;

/// <summary>
/// What an administrator does with a mailbox, by the real command: add, test, poll, watch, repair, remove; and the notices
/// that arrive meanwhile.
/// </summary>
public sealed class Pop3AccountTests(DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const string WrongPassword = "wr0ng-pass-d41d";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_administrator_adds_polls_watches_repairs_and_removes_a_mailbox_and_no_password_is_left_anywhere()
    {
        using var folder = new TemporaryFolder();
        await using var relay = new RelaySink();
        var box = dovecot.NextMailbox();
        box.Put(Mail(1), Mail(2), Mail(3));
        var said = new StringBuilder();
        await using (var depot = await RunningDepot.StartAsync(folder.Path, await EnvironmentAsync(relay.Settings())))
        {
            await AddAndCollectAsync(depot, box, said);
            await FailAndRepairAsync(depot, relay, said);
            await RemoveAsync(depot, said);
            await depot.StopAsync();
            said.Append(string.Concat(depot.Lines)).Append(depot.Errors);
        }

        relay.Mails.ToList().ForEach(mail => said.Append(mail));
        foreach (var trace in new[] { WrongPassword, DovecotMailbox.Password }.SelectMany(Traces))
        {
            Assert.DoesNotContain(trace, said.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(
                Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories),
                file => File.ReadAllText(file, Encoding.Latin1).Contains(trace, StringComparison.Ordinal));
        }
    }

    private static async Task AddAndCollectAsync(RunningDepot depot, DovecotMailbox box, StringBuilder said)
    {
        string[] where = ["--host", "localhost", "--port", $"{box.Dovecot.Port}", "--security", "none", "--user", box.User];
        var test = await SayAsync(depot, said, DovecotMailbox.Password, ["pop3", "test", .. where, "--password-stdin"]);
        Assert.Equal(0, test.Code);
        Assert.Contains("3 (", test.Text, StringComparison.Ordinal);
        Assert.Equal(3, box.Count);

        var homeless = await SayAsync(depot, said, null, "pop3", "add", "shop");
        Assert.Contains("--host is ''", homeless.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("password", homeless.Errors, StringComparison.Ordinal);
        string[] add = ["pop3", "add", "shop", .. where, "--password-stdin"];
        var refused = await SayAsync(depot, said, DovecotMailbox.Password, [.. add, "--container", "nowhere"]);
        Assert.Equal(
            (1, "maildepot: There is no archive container nowhere: create it first with `maildepot container create nowhere`.\n"),
            (refused.Code, refused.Errors));
        var added = await SayAsync(depot, said, DovecotMailbox.Password, [.. add, "--interval", "1d"]);
        Assert.Equal(0, added.Code);
        var again = await SayAsync(depot, said, DovecotMailbox.Password, add);
        Assert.Contains("Mailbox shop already exists", again.Errors, StringComparison.Ordinal);

        var poll = await SayAsync(depot, said, null, "pop3", "poll", "shop");
        Assert.True(poll.Code == 0, poll.Errors);
        await depot.UntilArchivedAsync(3);
        Assert.Equal(0, box.Count);
        var listed = await ListedAsync(depot, "ok");
        Assert.Equal((3, 0), (listed.GetProperty("collected").GetInt32(), listed.GetProperty("waiting").GetInt32()));
        Assert.Contains("in the folder ", (await SayAsync(depot, said, null, "pop3", "show", "shop")).Text, StringComparison.Ordinal);
        Assert.Equal(0, (await SayAsync(depot, said, null, "pop3", "edit", "shop", "--health-url", "http://localhost:1/5d1c-path")).Code);
        var show = await SayAsync(depot, said, null, "pop3", "show", "shop");
        Assert.Contains("GET http://localhost:1/… after each successful collection", show.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("5d1c-path", said.ToString(), StringComparison.Ordinal); // nor in the JSON
        Assert.Equal(0, (await SayAsync(depot, said, null, "pop3", "edit", "shop", "--health-url", "")).Code);
        Assert.Equal("idle", Assert.Single((await depot.AskJsonAsync("pop3", "queue")).EnumerateArray()).GetProperty("stage").GetString());

        Assert.Equal(0, (await SayAsync(depot, said, null, "pop3", "disable", "shop")).Code);
        Assert.Contains("disabled", (await SayAsync(depot, said, null, "pop3", "list")).Text, StringComparison.Ordinal);
        Assert.Equal(1, (await SayAsync(depot, said, null, "pop3", "poll", "shop")).Code);
        Assert.Equal(0, (await SayAsync(depot, said, null, "pop3", "enable", "shop")).Code);
    }

    private static async Task FailAndRepairAsync(RunningDepot depot, RelaySink relay, StringBuilder said)
    {
        Assert.Equal(0, (await SayAsync(depot, said, null, "notice", "test")).Code);
        Assert.Contains("Subject: MailDepot: test", Assert.Single(relay.Mails), StringComparison.Ordinal);

        Assert.Equal(0, (await SayAsync(depot, said, WrongPassword, "pop3", "edit", "shop", "--password-stdin")).Code);
        var poll = await SayAsync(depot, said, null, "pop3", "poll", "shop");
        Assert.Equal(1, poll.Code);
        Assert.Contains("[AUTH] Authentication failed", poll.Errors, StringComparison.Ordinal);
        Assert.Equal("login", (await ListedAsync(depot, "failing")).GetProperty("failure").GetProperty("kind").GetString());
        var show = await SayAsync(depot, said, null, "pop3", "show", "shop");
        Assert.Contains(
            "Check User, and the password (`maildepot pop3 edit shop --password` sets a new one).",
            string.Join(' ', show.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
        await Eventually.IsTrueAsync(() => relay.Mails.Count == 2, "a mail tells the administrator of the failure");
        Assert.Contains("Subject: MailDepot: mailbox shop can't be collected", relay.Mails.Last(), StringComparison.Ordinal);
        Assert.Contains("[AUTH] Authentication failed", relay.Mails.Last(), StringComparison.Ordinal);

        Assert.Equal(0, (await SayAsync(depot, said, DovecotMailbox.Password, "pop3", "edit", "shop", "--password-stdin")).Code);
        Assert.Equal(0, (await SayAsync(depot, said, null, "pop3", "poll", "shop")).Code);
        await Eventually.IsTrueAsync(() => relay.Mails.Count == 3, "a mail tells the administrator that it works again");
        Assert.Contains("Subject: MailDepot: mailbox shop is collected again", relay.Mails.Last(), StringComparison.Ordinal);
    }

    private static async Task RemoveAsync(RunningDepot depot, StringBuilder said)
    {
        Assert.Equal(0, (await SayAsync(depot, said, null, "pop3", "remove", "shop")).Code);
        Assert.Equal(0, (await depot.AskJsonAsync("pop3", "list")).GetArrayLength());
        Assert.Contains("Mailbox shop was removed.", (await SayAsync(depot, said, null, "log")).Text, StringComparison.Ordinal);
        Assert.Equal(1, (await SayAsync(depot, said, null, "pop3", "show", "shop")).Code);
    }

    /// <summary>The only mailbox in the list, once its condition is as expected.</summary>
    private static async Task<JsonElement> ListedAsync(RunningDepot depot, string condition)
    {
        JsonElement mailbox = default;
        await Eventually.IsTrueAsync(
            async () =>
            {
                mailbox = Assert.Single((await depot.AskJsonAsync("pop3", "list")).EnumerateArray());
                return mailbox.GetProperty("condition").GetString() == condition;
            },
            $"the mailbox is {condition}");
        return mailbox;
    }

    /// <summary>Runs a verb, also with <c>--json</c> if it only reads, and keeps what it prints.</summary>
    /// <param name="input">The line on standard input; null: no input.</param>
    private static async Task<Command> SayAsync(RunningDepot depot, StringBuilder said, string? input, params string[] arguments)
    {
        var run = input is null
            ? await depot.AskAsync(arguments)
            : await Command.RunAsync(
                "bash",
                depot.Folder,
                depot.Environment,
                ["-c", "printf '%s\\n' \"$0\" | \"$@\"", input, Command.MailDepot, .. arguments]);
        said.Append(run.Text).Append(run.Errors);
        if (arguments is ["pop3", "list" or "show" or "queue", ..])
        {
            said.Append((await depot.AskAsync([.. arguments, "--json"])).Text);
        }

        return run;
    }

    /// <summary>What a leaked secret would look like: plain, and in base64 at each of the three offsets in a group.</summary>
    private static IEnumerable<string> Traces(string secret) => Enumerable.Range(0, 3)
        .Select(offset => Convert.ToBase64String(Encoding.UTF8.GetBytes(new string(' ', offset) + secret))[((offset * 4 / 3) + 2)..^4])
        .Prepend(secret);

    private static byte[] Mail(int number) =>
        Encoding.ASCII.GetBytes($"From: anna@example.com\r\nSubject: Offer {number}\r\n\r\nhere it is\r\n");

    private static async Task<Dictionary<string, string?>> EnvironmentAsync(Dictionary<string, string?> settings)
    {
        var environment = await RunningDepot.UsualEnvironmentAsync();
        foreach (var (key, value) in settings)
        {
            environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return environment;
    }
}
