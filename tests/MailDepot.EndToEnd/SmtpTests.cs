using MailDepot.Host.Local;
using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

/// <summary>Real clients against the real endpoint.</summary>
public sealed class SmtpTests
{
    private static readonly byte[] Inner = "Subject: inner\r\n\r\ntext"u8.ToArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_from_swaks_is_returned_by_every_verb()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        var mail = Path.Combine(folder.Path, "mail.eml");
        const string text = "From: Anna <anna@example.com>\r\n"
            + "To: ben@example.org\r\n"
            + "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
            + "\r\n"
            + ".a line with a dot\r\n"
            + "..two\r\n";
        await File.WriteAllTextAsync(mail, text, Token);
        var sent = await SwaksAsync(depot, "--from", "anna@example.com", "--to", "ben@example.org", "--pipeline", "--data", $"@{mail}");
        Assert.True(sent.Code == 0, sent.Text);
        await depot.UntilArchivedAsync(1);

        var list = await depot.AskJsonAsync("list", "--participant", "BEN@example.org");
        var listed = Assert.Single(list.GetProperty("mails").EnumerateArray());
        var id = listed.GetProperty("id").GetString()!;
        Assert.Contains(id, sent.Text, StringComparison.Ordinal); // in the 250 reply
        Assert.Equal("Grüße", listed.GetProperty("subject").GetString());
        Assert.Contains("Grüße", (await depot.AskAsync("list", "default")).Text, StringComparison.Ordinal);
        Assert.Contains("ben@example.org", (await depot.AskAsync("show", id)).Text, StringComparison.Ordinal);

        var got = await depot.AskAsync("get", id);
        Assert.StartsWith(text, got.Text, StringComparison.Ordinal);
        Assert.Equal(got.Output, (await depot.AskAsync("receipt", "raw", id)).Output);
        Assert.Equal(0, (await depot.AskAsync("receipt", "raw", id, "--output", "raw.eml")).Code);
        Assert.Equal(got.Output, await File.ReadAllBytesAsync(Path.Combine(folder.Path, "raw.eml"), Token));
    }

    [Fact]
    public async Task Recipients_decide_what_is_accepted_and_where_it_goes()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(
            folder.Path, await RunningDepot.UsualEnvironmentAsync(),
            "--recipient", "*@example.com=office", "--recipient", "j@example.org=legal", "--journal-recipient", "j@example.org");

        Assert.Equal(0, (await SwaksAsync(depot, "--to", "someone@example.com")).Code);
        Assert.Contains("550 5.1.1", (await SwaksAsync(depot, "--to", "stranger@example.net")).Text, StringComparison.Ordinal);
        Assert.Contains("452 4.5.3", (await SwaksAsync(depot, "--to", "someone@example.com,j@example.org")).Text, StringComparison.Ordinal);
        await SmtpClient.SendAsync("127.0.0.1", depot.SmtpPort, "", ["j@example.org"], new MemoryStream(Report()), Token);
        await depot.UntilArchivedAsync(3);

        var containers = (await depot.AskJsonAsync("status")).GetProperty("containers");
        Assert.Equal(2, containers.GetProperty("office").GetProperty("receipts").GetInt32());
        Assert.Equal(1, containers.GetProperty("legal").GetProperty("receipts").GetInt32());
        var list = await depot.AskJsonAsync("list", "legal", "--participant", "hidden@example.com");
        var bcc = Assert.Single(list.GetProperty("mails").EnumerateArray());
        Assert.Equal("bcc", bcc.GetProperty("roles").GetString());
        var id = bcc.GetProperty("id").GetString()!;
        Assert.Equal(Report(), (await depot.AskAsync("receipt", "raw", id)).Output);
        Assert.Equal(Inner, (await depot.AskAsync("get", id)).Output);
    }

    [Fact]
    public async Task While_storage_is_down_the_reply_is_451_and_the_retried_mail_is_archived_once()
    {
        using var folder = new TemporaryFolder();
        var environment = await RunningDepot.UsualEnvironmentAsync();
        var program = await RunningDepot.AzuriteAsync();
        var setup = new AzuriteSetup { Folder = new LocalFolder(Path.Combine(folder.Path, "storage")), Ports = AzuritePorts.Any };
        using var held = setup.Folder.Hold();
        var azurite = await AzuriteProcess.StartOrAdoptAsync(program, setup, TimeProvider.System, Token);
        environment["MailDepot__WorkStorage"] = azurite.ConnectionString(AzuriteAccount.Development.Name);
        await using var depot = await RunningDepot.StartAsync(folder.Path, environment);

        await azurite.StopAsync(Token);
        string[] mail = ["--to", "a@example.com", "--header", "Message-ID: <1@example.com>", "--header", "Date: x"];
        Assert.Contains("451 4.3.0", (await SwaksAsync(depot, mail)).Text, StringComparison.Ordinal);
        setup = setup with { Ports = azurite.Ports };
        await using var back = await AzuriteProcess.StartOrAdoptAsync(program, setup, TimeProvider.System, Token);
        Assert.Equal(0, (await SwaksAsync(depot, mail)).Code);
        await depot.UntilArchivedAsync(1);
        Assert.Single((await depot.AskJsonAsync("list")).GetProperty("mails").EnumerateArray());
        Assert.DoesNotContain("   at ", depot.Errors, StringComparison.Ordinal); // no stack trace
    }

    private static Task<Command> SwaksAsync(RunningDepot depot, params string[] arguments) => Command.RunAsync(
        "swaks", depot.Folder, depot.Environment, ["--server", $"127.0.0.1:{depot.SmtpPort}", "--from", "anna@example.com", .. arguments]);

    private static byte[] Report() =>
        A.JournalReport().Sender("anna@example.com").Subject("inner").Bcc("hidden@example.com").Around(Inner).Bytes();
}
