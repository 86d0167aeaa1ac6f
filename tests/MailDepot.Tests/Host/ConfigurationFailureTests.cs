namespace MailDepot.Tests.Host;

/// <summary>Settings that can't be read: one sentence that names the file or the key, and exit code 2, whichever verb reads them.</summary>
[Collection<Alone>]
public sealed class ConfigurationFailureTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("{ \"MailDepot\": { ", "appsettings.json is not valid JSON (line 1, column 18): correct it.")]
    [InlineData("{\n  \"MailDepot\": }", "appsettings.json is not valid JSON (line 2, column 16): correct it.")]
    [InlineData(
        "{ \"MailDepot\": { \"EventDays\": 3, \"eventdays\": 4 } }",
        "appsettings.json can't be read as settings (A duplicate key 'MailDepot:eventdays' was found): correct it.")]
    public async Task A_broken_file(string json, string sentence)
    {
        await File.WriteAllTextAsync(folder.In("appsettings.json"), json, TestContext.Current.CancellationToken);
        foreach (var verb in new string[][] { ["status"], ["up"], ["worker"], ["smtp", "address", "new"] })
        {
            Assert.Equal(new CommandRun(2, "", $"maildepot: {sentence}\n"), await CommandRun.OfAsync(folder.Path, verb));
        }
    }

    [Theory]
    [InlineData("MailDepot__SmtpPort", "MailDepot:SmtpPort")]
    [InlineData("MailDepot__Notices__Hots", "MailDepot:Notices:Hots")]
    [InlineData("MailDepot__Recipients__0__Patern", "MailDepot:Recipients:N:Patern")]
    [InlineData("MailDepot__Mailboxes__3__Pasword", "MailDepot:Mailboxes:N:Pasword")]
    public async Task A_misspelt_key(string variable, string key)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["MailDepot__WorkStorage"] = "UseDevelopmentStorage=true",
            [variable] = "1",
        };
        var sentence = $"maildepot: There is no setting {key}: check the spelling; src/guides/settings.md lists the settings.\n";
        foreach (var verb in new[] { "status", "up", "worker" })
        {
            Assert.Equal(new CommandRun(2, "", sentence), await CommandRun.OfAsync(folder.Path, variables, verb));
        }
    }
}
