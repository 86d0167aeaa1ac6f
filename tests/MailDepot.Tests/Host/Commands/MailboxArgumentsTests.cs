using System.Text.Json;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Host;
using MailDepot.Tests.Connectors.Pop3.Accounts;

namespace MailDepot.Tests.Host.Commands;

/// <summary>A wrong value of a mailbox's option is wrong usage, and the sentence names the option.</summary>
[Collection<Alone>]
public sealed class MailboxArgumentsTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--security is 'wrong': give none, starttls, tls, auto.", "--security", "wrong")]
    [InlineData("--port is 0: a port is a number from 1 to 65535", "--port", "0")]
    [InlineData("--interval is 00:00:01: give 00:00:10 to 1.00:00:00", "--interval", "1s")]
    [InlineData("--max-mails-per-run is 0: give 1 to 1000000", "--max-mails-per-run", "0")]
    [InlineData("--host is 'a Port': give the POP3 server's name", "--host", "a Port")]
    [InlineData(
        "--delete-after is 5, and --leave-on-server is true, which deletes nothing",
        "--delete-after", "5", "--leave-on-server", "true")]
    [InlineData("--token-endpoint, --client-id and --scope are for --authentication xoauth2", "--scope", "mail")]
    public async Task A_value_that_is_out_of_range_is_wrong_usage_to_add_and_edit_and_test(string sentence, params string[] options)
    {
        var account = await azurite.NextAccountAsync();
        await using var depot = await TestDepot.CreateAsync(account, passwords: new MemoryPasswords());
        var shop = new MailboxOptions { Name = "shop", Host = "pop.example.com", User = "shop" };
        await depot.Get<MailboxAccounts>().AddAsync(shop, "secret", Token);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["MailDepot__WorkStorage"] = account };
        string[] added = ["add", "new", "--user", "new", "--password-setting", "Passwords:new"];
        string[] host = options[0] == "--host" ? [] : ["--host", "pop.example.com"];
        foreach (var verb in new string[][] { [.. added, .. host], ["edit", "shop"], ["test", "shop"] })
        {
            var run = await CommandRun.OfAsync(folder.Path, variables, ["pop3", .. verb, .. options]);
            Assert.StartsWith($"maildepot: {sentence}", run.Errors, StringComparison.Ordinal);
            Assert.Equal((2, "", 1), (run.Code, run.Text, run.Errors.Count(c => c == '\n')));
        }

        var only = Assert.Single(await depot.Get<MailboxDirectory>().ListAsync(Token));
        Assert.Equivalent(shop, only.Options, strict: true);
    }

    [Fact]
    public void Each_setting_has_an_option_of_its_name()
    {
        var options = MailDepotCommand.Root().Subcommands.Single(verb => verb.Name == "pop3")
            .Subcommands.Single(verb => verb.Name == "add").Options.Select(option => option.Name);
        var settings = typeof(MailboxOptions).GetProperties().Select(setting => setting.Name)
            .Except([nameof(MailboxOptions.Name)]) // the argument NAME
            .Select(name => $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(name)}");
        Assert.Equal([], settings.Except(options));
    }
}
