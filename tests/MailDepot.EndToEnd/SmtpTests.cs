using System.Text;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

/// <summary>Real clients against the real endpoint.</summary>
public sealed class SmtpTests
{
    private static readonly byte[] Inner = "Subject: inner\r\n\r\ntext"u8.ToArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_swaks_sends_comes_out_of_every_verb()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        var mail = Path.Combine(folder.Path, "mail.eml");
        await File.WriteAllTextAsync(mail, "From: Anna <anna@example.com>\r\nTo: ben@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n.a line with a dot\r\n..two\r\n", Token);
        var sent = await SwaksAsync(depot, "--from", "anna@example.com", "--to", "ben@example.org", "--pipeline", "--data", $"@{mail}");
        Assert.True(sent.Code == 0, sent.Text);
        await depot.UntilArchivedAsync(1);

        var listed = Assert.Single((await depot.AskJsonAsync("list", "--participant", "BEN@example.org")).GetProperty("mails").EnumerateArray());
        var id = listed.GetProperty("id").GetString()!;
        Assert.Contains(id, sent.Text, StringComparison.Ordinal); // the 250 named it
        Assert.Equal("Grüße", listed.GetProperty("subject").GetString());
        Assert.Contains("Grüße", (await depot.AskAsync("list", "default")).Text, StringComparison.Ordinal);
        Assert.Contains("ben@example.org", (await depot.AskAsync("show", id)).Text, StringComparison.Ordinal);

        var octets = await File.ReadAllBytesAsync(mail, Token);
        var got = await depot.AskAsync("get", id);
        Assert.StartsWith(Encoding.UTF8.GetString(octets), got.Text, StringComparison.Ordinal);
        Assert.Equal(got.Output, (await depot.AskAsync("receipt", "raw", id)).Output);
        Assert.Equal(0, (await depot.AskAsync("receipt", "raw", id, "--output", "raw.eml")).Code);
        Assert.Equal(got.Output, await File.ReadAllBytesAsync(Path.Combine(folder.Path, "raw.eml"), Token));
    }

    [Fact]
    public async Task Recipients_decide_what_is_taken_and_where_it_goes()
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
        Assert.Equal((2, 1), (containers.GetProperty("office").GetProperty("receipts").GetInt32(), containers.GetProperty("legal").GetProperty("receipts").GetInt32()));
        var bcc = Assert.Single((await depot.AskJsonAsync("list", "legal", "--participant", "hidden@example.com")).GetProperty("mails").EnumerateArray());
        Assert.Equal("bcc", bcc.GetProperty("roles").GetString());
        var id = bcc.GetProperty("id").GetString()!;
        Assert.Equal(Report(), (await depot.AskAsync("receipt", "raw", id)).Output);
        Assert.Equal(Inner, (await depot.AskAsync("get", id)).Output);
    }

    [Fact]
    public async Task While_storage_is_down_the_answer_is_451_and_afterwards_the_mail_comes_once()
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
        Assert.Contains("451 4.3.0", (await SwaksAsync(depot, "--to", "a@example.com", "--header", "Message-ID: <1@example.com>", "--header", "Date: x")).Text, StringComparison.Ordinal);
        await using var back = await AzuriteProcess.StartOrAdoptAsync(program, setup with { Ports = azurite.Ports }, TimeProvider.System, Token);
        Assert.Equal(0, (await SwaksAsync(depot, "--to", "a@example.com", "--header", "Message-ID: <1@example.com>", "--header", "Date: x")).Code);
        await depot.UntilArchivedAsync(1);
        Assert.Single((await depot.AskJsonAsync("list")).GetProperty("mails").EnumerateArray());
        Assert.DoesNotContain("   at ", depot.Errors, StringComparison.Ordinal); // no stack trace
    }

    private static Task<Command> SwaksAsync(RunningDepot depot, params string[] arguments) => Command.RunAsync(
        "swaks", depot.Folder, depot.Environment, ["--server", $"127.0.0.1:{depot.SmtpPort}", "--from", "anna@example.com", .. arguments]);

    private static byte[] Report() => A.JournalReport().Sender("anna@example.com").Subject("inner").Bcc("hidden@example.com").Around(Inner).Bytes();
}
