using MailDepot.Connectors.Pop3;

namespace MailDepot.EndToEnd;

public sealed class Pop3Tests(DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Up_collects_a_mailbox_and_the_list_shows_it_without_its_password()
    {
        var mailbox = dovecot.NextMailbox();
        var mail = "From: anna@example.com\r\nSubject: Offer\r\n\r\nhere it is\r\n"u8.ToArray();
        mailbox.Put(mail);
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await EnvironmentAsync(mailbox.Settings(MailboxSecurity.Tls)));
        await depot.UntilArchivedAsync(1);
        Assert.Empty(mailbox.Mails);
        var record = await File.ReadAllTextAsync(folder.Local.DepotFile, Token);
        Assert.DoesNotContain(DovecotMailbox.Password, record, StringComparison.Ordinal);

        // Another terminal knows only the folder.
        var elsewhere = await RunningDepot.UsualEnvironmentAsync();
        var list = await Command.RunAsync(Command.MailDepot, folder.Path, elsewhere, "pop3", "list", "--json");
        var listed = Assert.Single(System.Text.Json.JsonDocument.Parse(list.Output).RootElement.EnumerateArray());
        Assert.Equal("office", listed.GetProperty("name").GetString());
        Assert.Equal("tls", listed.GetProperty("security").GetString());
        Assert.Equal(1, listed.GetProperty("collected").GetInt32());
        var table = await Command.RunAsync(Command.MailDepot, folder.Path, elsewhere, "pop3", "list");
        Assert.Contains("1 mail collected.", table.Text, StringComparison.Ordinal);

        var id = (await depot.AskJsonAsync("list")).GetProperty("mails")[0].GetProperty("id").GetString()!;
        Assert.Equal(mail, (await depot.AskAsync("receipt", "raw", id)).Output);
        Assert.Contains("mailbox office", (await depot.AskAsync("show", id)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_password_is_reported_before_anything_starts()
    {
        using var folder = new TemporaryFolder();
        var settings = dovecot.NextMailbox().Settings();
        settings.Remove("Passwords:office");
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, await EnvironmentAsync(settings), "up");
        Assert.Equal(2, run.Code);
        Assert.StartsWith(
            "maildepot: Passwords:office, which MailDepot:Mailboxes:0:PasswordSetting names, is not set",
            run.Errors,
            StringComparison.Ordinal);
    }

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
