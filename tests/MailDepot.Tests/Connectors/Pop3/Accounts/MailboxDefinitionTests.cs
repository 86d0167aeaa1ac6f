using System.Text.Json;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;

namespace MailDepot.Tests.Connectors.Pop3.Accounts;

/// <summary>The settings in a mailbox's row: versions that run side by side read each other's.</summary>
public sealed class MailboxDefinitionTests
{
    /// <summary>As the first version wrote it.</summary>
    private const string First =
        """{"name":"shop","host":"pop.example.com","port":110,"security":"start-tls","user":"shop","authentication":"xo-auth2","""
        + """ "interval":"01:00:00","mailsARun":7,"bytesARun":7000000}""";

    private static readonly MailboxOptions Same = new()
    {
        Name = "shop",
        Host = "pop.example.com",
        Port = 110,
        Security = MailboxSecurity.StartTls,
        User = "shop",
        Authentication = MailboxAuthentication.XOAuth2,
        Interval = TimeSpan.FromHours(1),
        MaxMailsPerRun = 7,
        MaxBytesPerRun = 7_000_000,
    };

    [Fact]
    public void This_version_reads_what_the_first_one_wrote() => Assert.Equivalent(Same, MailboxDefinition.Read(First), strict: true);

    [Fact]
    public void This_version_writes_what_the_first_one_reads()
    {
        var written = JsonDocument.Parse(MailboxDefinition.Write(Same)).RootElement;
        Assert.All(
            JsonDocument.Parse(First).RootElement.EnumerateObject(),
            setting => Assert.Equal(setting.Value.ToString(), written.GetProperty(setting.Name).ToString()));
    }

    [Theory]
    [InlineData("quantum")]
    [InlineData("17")]
    public void A_word_of_a_later_version_is_an_error_that_names_the_setting(string word)
    {
        var unknown = Assert.Throws<JsonException>(() => MailboxDefinition.Read($$"""{"name":"shop","security":"{{word}}"}"""));
        Assert.Equal("$.security", unknown.Path);
    }
}
