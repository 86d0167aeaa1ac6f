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
        Assert.DoesNotContain(DovecotMailbox.Password, await File.ReadAllTextAsync(folder.Local.DepotFile, Token), StringComparison.Ordinal);

        // Another terminal knows nothing but the folder.
        var elsewhere = await RunningDepot.UsualEnvironmentAsync();
        var list = await Command.RunAsync(Command.MailDepot, folder.Path, elsewhere, "pop3", "list", "--json");
        var listed = Assert.Single(System.Text.Json.JsonDocument.Parse(list.Output).RootElement.EnumerateArray());
        Assert.Equal(("office", "tls", 1), (listed.GetProperty("name").GetString(), listed.GetProperty("security").GetString(), listed.GetProperty("collected").GetInt32()));
        Assert.Contains("1 mail collected.", (await Command.RunAsync(Command.MailDepot, folder.Path, elsewhere, "pop3", "list")).Text, StringComparison.Ordinal);

        var id = (await depot.AskJsonAsync("list")).GetProperty("mails")[0].GetProperty("id").GetString()!;
        Assert.Equal(mail, (await depot.AskAsync("receipt", "raw", id)).Output);
        Assert.Contains("mailbox office", (await depot.AskAsync("show", id)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_password_is_told_before_anything_starts()
    {
        using var folder = new TemporaryFolder();
        var settings = dovecot.NextMailbox().Settings();
        settings.Remove("Passwords:office");
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, await EnvironmentAsync(settings), "up");
        Assert.Equal(2, run.Code);
        Assert.StartsWith("maildepot: Passwords:office, which MailDepot:Mailboxes:0:PasswordSetting names, is not set", run.Errors, StringComparison.Ordinal);
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
