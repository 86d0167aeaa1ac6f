using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

/// <summary>What the command answers, above all to a wrong call: one sentence and an exit code, never a stack trace.</summary>
public sealed class VerbTests
{
    private static readonly Dictionary<string, string?> NoSettings = new(StringComparer.Ordinal);

    [Theory]
    [InlineData(2, "'nonsense'", "nonsense")]
    [InlineData(2, "ID", "show")]
    [InlineData(2, "'abc' is no id", "show", "abc")]
    [InlineData(2, "'x' is no number", "list", "--count", "x")]
    [InlineData(2, "1 to 500", "list", "--count", "501")]
    [InlineData(2, "--output", "get", "019ab0dc-1201-7000-8000-000000000001", "--json")]
    [InlineData(2, "give 1 to 86400 seconds", "smtp", "test", "--to", "a@example.com", "--timeout", "0")]
    [InlineData(2, "give 1 to 86400 seconds", "smtp", "test", "--to", "a@example.com", "--timeout", "99999999999")]
    [InlineData(2, "Nothing to change: give an option, see `maildepot pop3 edit --help`.", "pop3", "edit", "shop")]
    [InlineData(2, "--demo", "up", "--exit")]
    [InlineData(2, "'many' is no number", "up", "--smtp-port", "many")]
    [InlineData(2, "MailDepot:Smtp:Port is 99999", "up", "--smtp-port", "99999")]
    [InlineData(2, "MailDepot:Recipients:0:Pattern is 'two words'", "up", "--recipient", "two words=default")]
    [InlineData(2, "can't be called 'Big One'", "container", "create", "Big One")]
    [InlineData(2, "NAME", "container", "create")]
    [InlineData(1, "No depot runs on", "status")]
    [InlineData(1, "No depot runs on", "list")]
    public async Task A_wrong_call_is_one_sentence(int code, string words, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, NoSettings, arguments);
        var sentence = Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("maildepot: ", sentence, StringComparison.Ordinal);
        Assert.Contains(words, sentence, StringComparison.Ordinal);
        Assert.Equal((code, ""), (run.Code, run.Text));
    }

    [Theory]
    [InlineData("MailDepot__Smtp__Port", "many", "MailDepot:Smtp:Port is 'many': a whole number is needed")]
    [InlineData("MailDepot__Smtp__Prot", "25", "There is no setting MailDepot:Smtp:Prot: check the spelling")]
    [InlineData(
        "MailDepot__Mailboxes__0__Security",
        "ssl",
        "MailDepot:Mailboxes:0:Security is 'ssl': none, starttls, tls or auto is needed")]
    [InlineData("MailDepot__Mailboxes__0__MinimumTls", "1.1", "MailDepot:Mailboxes:0:MinimumTls is '1.1': tls12 or tls13 is needed")]
    [InlineData(
        "MailDepot__Mailboxes__0__Interval",
        "often",
        "MailDepot:Mailboxes:0:Interval is 'often': a time span such as 00:05:00 is needed")]
    [InlineData("MailDepot__Mailboxes__0__MailsARun", "5", "MailDepot:Mailboxes:0:MailsARun is now called MaxMailsPerRun: rename it.")]
    [InlineData("MailDepot__WorkStorage", "nonsense", "MailDepot:WorkStorage is neither a storage connection string")]
    [InlineData("MailDepot__Azurite", "/no/such/file", "MailDepot:Azurite names /no/such/file")]
    public async Task A_wrong_setting_is_one_sentence_that_names_it(string name, string value, string words)
    {
        using var folder = new TemporaryFolder();
        var setting = new Dictionary<string, string?>(StringComparer.Ordinal) { [name] = value };
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, setting, "up");
        Assert.Contains(words, Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.InRange(run.Code, 1, 2);
    }

    [Theory]
    [InlineData("worker")]
    [InlineData("smtp")]
    [InlineData("status")]
    public async Task A_key_of_an_earlier_version_is_one_sentence_to_every_role_and_verb(string verb)
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot__WorkStorage"] = "UseDevelopmentStorage=true",
            ["MailDepot__Mailboxes__0__BytesARun"] = "5000000",
        };
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, settings, verb);
        Assert.Equal(
            (2, "maildepot: MailDepot:Mailboxes:0:BytesARun is now called MaxBytesPerRun: rename it."), (run.Code, run.Errors.Trim()));
    }

    [Fact]
    public async Task With_dotnet_run_too_the_depot_is_that_of_the_current_folder()
    {
        using var folder = new TemporaryFolder();
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var run = await Command.RunAsync(
            "dotnet", folder.Path, NoSettings,
            "run", "--no-build", "-c", configuration, "--project", Clone.Path("src/MailDepot.Host"), "--", "status");
        Assert.Contains($"No depot runs on {folder.Path}", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Storage_that_does_not_answer_is_one_sentence()
    {
        using var folder = new TemporaryFolder();
        var nobody = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot__WorkStorage"] = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;"
                + "BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:1/a",
        };
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, nobody, "status");
        Assert.Equal(
            (1, "maildepot: The storage at http://127.0.0.1:1 does not answer (connection refused): "
                + "start it, or correct MailDepot:WorkStorage.\n"),
            (run.Code, run.Errors));
    }

    [Fact]
    public async Task Storage_that_a_file_of_settings_names_is_named_with_its_setting()
    {
        const string Account = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;"
            + "BlobEndpoint=http://127.0.0.1:{0}/a;QueueEndpoint=http://127.0.0.1:{0}/a;TableEndpoint=http://127.0.0.1:{0}/a";
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "appsettings.json"),
            $$"""
            { "MailDepot": {
              "WorkStorage": "{{Account.Replace("{0}", "1", StringComparison.Ordinal)}}",
              "ArchiveStorage": "{{Account.Replace("{0}", "2", StringComparison.Ordinal)}}" } }
            """,
            TestContext.Current.CancellationToken);
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, NoSettings, "container", "list");
        Assert.Equal(
            (1, "maildepot: The storage at http://127.0.0.1:2 does not answer (connection refused): "
                + "start it, or correct MailDepot:ArchiveStorage.\n"),
            (run.Code, run.Errors));
    }

    [Fact]
    public async Task Storage_of_a_local_depot_that_has_ended_says_to_start_it_again()
    {
        using var folder = new TemporaryFolder();
        var work = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;"
            + "BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:1/a";
        var depot = Directory.CreateDirectory(Path.Combine(folder.Path, ".maildepot")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(depot, "depot.json"), $$$"""{"MailDepot":{"WorkStorage":"{{{work}}}"}}""",
            TestContext.Current.CancellationToken);
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, NoSettings, "status");
        Assert.Equal(
            (1, "maildepot: The storage at http://127.0.0.1:1 does not answer (connection refused): "
                + "`maildepot up` seems to have ended; start it again.\n"),
            (run.Code, run.Errors));
    }

    [Theory]
    [InlineData("up")]
    [InlineData("status")]
    [InlineData("container", "list")]
    [InlineData("container", "create")]
    [InlineData("index", "check")]
    [InlineData("index", "rebuild")]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("get")]
    [InlineData("receipt", "raw")]
    [InlineData("pop3", "list")]
    [InlineData("pop3", "show")]
    [InlineData("pop3", "queue")]
    [InlineData("pop3", "add")]
    [InlineData("pop3", "edit")]
    [InlineData("pop3", "remove")]
    [InlineData("pop3", "enable")]
    [InlineData("pop3", "disable")]
    [InlineData("pop3", "test")]
    [InlineData("pop3", "poll")]
    [InlineData("notice", "test")]
    [InlineData("log")]
    [InlineData("flagged", "list")]
    [InlineData("reread")]
    [InlineData("quarantine", "list")]
    [InlineData("quarantine", "show")]
    [InlineData("quarantine", "release")]
    [InlineData("quarantine", "delete")]
    public async Task Every_verb_explains_itself(params string[] verb)
    {
        using var folder = new TemporaryFolder();
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, NoSettings, [.. verb, "--help"]);
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.Contains("--json", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_ids_times_and_containers_are_errors_that_name_them()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        var missing = await depot.AskAsync("show", "019ab0dc-1201-7000-8000-000000000001");
        Assert.Equal(1, missing.Code);
        Assert.Contains("has a receipt 019ab0dc-1201-7000-8000-000000000001", missing.Errors, StringComparison.Ordinal);
        var held = await depot.AskAsync("quarantine", "release", "019ab0dc-1201-7000-8000-000000000001");
        Assert.Equal(1, held.Code);
        Assert.Contains("Nothing in quarantine is called '019ab0dc", held.Errors, StringComparison.Ordinal);
        var log = await depot.AskAsync("log", "--since", "soon");
        Assert.Equal(2, log.Code);
        Assert.Contains("--since is 'soon'", log.Errors, StringComparison.Ordinal);
        var container = await depot.AskAsync("list", "elsewhere");
        Assert.Equal(1, container.Code);
        Assert.Contains("no archive container 'elsewhere'", container.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_is_created_once_and_listed_with_its_counts()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        Assert.Equal("created", (await depot.AskJsonAsync("container", "create", "legal-hold")).GetProperty("outcome").GetString());
        Assert.Equal("already-there", (await depot.AskJsonAsync("container", "create", "legal-hold")).GetProperty("outcome").GetString());
        var listed = (await depot.AskJsonAsync("container", "list")).GetProperty("legal-hold");
        Assert.Equal((0, 0), (listed.GetProperty("receipts").GetInt64(), listed.GetProperty("bytesStored").GetInt64()));
        Assert.Contains("legal-hold", (await depot.AskAsync("container", "list")).Text, StringComparison.Ordinal);
        var check = await depot.AskAsync("index", "check", "legal-hold");
        Assert.Contains("legal-hold: 0 lines compared, no differences.", check.Text, StringComparison.Ordinal);
        using var mail = new MemoryStream("Subject: x\r\n\r\nx\r\n"u8.ToArray());
        await SmtpClient.SendAsync(
            "127.0.0.1", depot.SmtpPort, "", ["anna@example.com"], mail, TestContext.Current.CancellationToken);
        await depot.UntilArchivedAsync(1);
        var rebuild = await depot.AskAsync("index", "rebuild");
        Assert.Contains(
            "default: 1 lines, 100 %\ndefault: looking for rows that no line explains\ndefault: 1 lines compared; nothing to repair",
            rebuild.Text,
            StringComparison.Ordinal);
        Assert.Equal(1, (await depot.AskAsync("index", "check", "elsewhere")).Code);
    }

    [Fact]
    public async Task On_Azure_the_template_creates_containers_and_the_text_says_how()
    {
        using var folder = new TemporaryFolder();
        var azure = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot__WorkStorage"] =
                "DefaultEndpointsProtocol=https;AccountName=keeper;AccountKey=a2V5;EndpointSuffix=core.windows.net",
        };
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, azure, "container", "create", "legal");
        Assert.Equal((1, ""), (run.Code, run.Errors));
        Assert.StartsWith("keeper is on Azure: ", run.Text, StringComparison.Ordinal);
        Assert.Contains("{ name: 'legal', retentionDays: 3650 }", run.Text, StringComparison.Ordinal);
    }
}
