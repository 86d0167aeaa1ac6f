using MailDepot.Archive;
using MailDepot.Connectors.Pop3;
using MailDepot.Mail;
using MailDepot.Spool;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MailDepot.Tests.Connectors.Pop3;

public sealed class MailboxOptionsTests(AzuriteFixture azurite)
{
    private const string Pin = "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89";

    [Theory]
    [InlineData("0:Name", "two words")]
    [InlineData("0:Name", "")]
    [InlineData("1:Name", "OFFICE")]
    [InlineData("0:Host", "")]
    [InlineData("0:Host", "not a host")]
    [InlineData("0:Port", "0")]
    [InlineData("0:Security", "7")]
    [InlineData("0:User", "")]
    [InlineData("1:User", "anna")]
    [InlineData("0:PasswordSetting", "")]
    [InlineData("0:PasswordSetting", "MailDepot:Password")]
    [InlineData("0:User", "an\u0007na")]
    [InlineData("0:MinimumTls", "7")]
    [InlineData("0:Fingerprint", "AB:CD")]
    [InlineData("0:Authentication", "9")]
    [InlineData("0:ClientId", "id", "TokenEndpoint, ClientId and Scope are for Authentication")]
    [InlineData("0:MaxMailsPerRun", "0")]
    [InlineData("0:MaxMailsPerRun", "1000001")]
    [InlineData("0:MaxBytesPerRun", "999999")]
    [InlineData("0:CommitEvery", "0")]
    [InlineData("0:CommitEvery", "10001")]
    [InlineData("0:DeleteAfter", "-1")]
    [InlineData("0:DeleteAfter", "3651")]
    [InlineData("0:Interval", "00:00:09")]
    [InlineData("0:Interval", "1.00:00:01")]
    [InlineData("0:HealthUrl", "ping.example.com/secret")]
    [InlineData("0:HealthUrl", "ftp://ping.example.com/secret")]
    [InlineData("0:HealthUrl", "/secret")]
    [InlineData("0:Container", "Big")]
    public void A_wrong_value_is_one_sentence_that_names_the_key(string key, string value, string? expected = null)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(key, value));
        Assert.StartsWith(
            $"MailDepot:Mailboxes:{(expected is null ? key : $"0:{expected}")} ", Assert.Single(error.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "secret", Assert.Single(error.Failures).Replace("may contain a secret", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MailsARun", "MaxMailsPerRun")]
    [InlineData("bytesarun", "MaxBytesPerRun")]
    public void A_renamed_key_is_one_sentence_that_names_the_new_one(string old, string now)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read($"0:{old}", "1000"));
        Assert.Equal($"MailDepot:Mailboxes:0:{old} is now called {now}: rename it.", Assert.Single(error.Failures));
    }

    [Theory]
    [InlineData("Fingerprint is set, and so is Certificate", "Fingerprint", Pin, "Certificate", "/x.pem")]
    [InlineData("DeleteAfter is 30, and LeaveOnServer is true", "DeleteAfter", "30", "LeaveOnServer", "true")]
    [InlineData("Security is none", "Security", "none", "Fingerprint", Pin)]
    [InlineData("Security is none", "Security", "none", "Authentication", "xoauth2")]
    [InlineData(
        "TokenEndpoint is 'http://login.example.com/token'", "Authentication", "xoauth2", "TokenEndpoint", "http://login.example.com/token",
        "ClientId", "id", "Scope", "s")]
    [InlineData("ClientId or Scope is not set", "Authentication", "xoauth2", "TokenEndpoint", "https://login.example.com/token")]
    public void Settings_that_do_not_fit_together_are_one_sentence(string expected, params string[] settings)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read([.. settings.Chunk(2).Select(pair => ($"0:{pair[0]}", pair[1]))]));
        Assert.StartsWith($"MailDepot:Mailboxes:0:{expected}", Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_fit_together_are_read()
    {
        var mailbox = Read(
            ("0:Security", "auto"), ("0:Authentication", "xoauth2"), ("0:TokenEndpoint", "https://login.example.com/token"),
            ("0:ClientId", "id"), ("0:Scope", "s"),
            ("0:MinimumTls", "tls13"), ("0:Fingerprint", Pin), ("0:LeaveOnServer", "true")).Mailboxes[0];
        Assert.Equal(
            (MailboxSecurity.Auto, MailboxAuthentication.XOAuth2, TlsVersion.Tls13, true),
            (mailbox.Security, mailbox.Authentication, mailbox.MinimumTls, mailbox.LeaveOnServer));
    }

    [Theory]
    [InlineData("https://ping.example.com/5d1c-secret", "https://ping.example.com/…")]
    [InlineData("http://ping.example.com:8080/?token=s3cret#x", "http://ping.example.com:8080/…")]
    [InlineData("https://ping.example.com", "https://ping.example.com/…")]
    public void People_see_only_the_host_of_a_health_check_s_address(string address, string shown) =>
        Assert.Equal(shown, new MailboxOptions { HealthUrl = address }.ShownHealthUrl);

    [Fact]
    public void A_password_in_the_mailbox_s_settings_is_refused() =>
        Assert.Contains(
            "Password", Assert.Throws<InvalidOperationException>(() => Read("0:Password", "secret")).ToString(), StringComparison.Ordinal);

    [Fact]
    public void A_missing_password_where_mailboxes_are_collected_is_one_sentence_that_names_its_setting()
    {
        var sentence = Assert.Single(MailboxOptionsCheck.CollectorErrors(
            Read("1:PasswordSetting", "Passwords:ben").Mailboxes,
            new ConfigurationBuilder().AddInMemoryCollection([new("Passwords:anna", "secret")]).Build()));
        Assert.StartsWith(
            "Passwords:ben, which MailDepot:Mailboxes:1:PasswordSetting names, is not set", sentence, StringComparison.Ordinal);
        Assert.Contains("Passwords__ben", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tickets_of_a_mailbox_that_left_the_configuration_wait()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var wait = Assert.Throws<NotYetException>(() => depot.Get<FindDestination>()(new Pop3Source("gone", "1")));
        Assert.Contains("MailDepot:Mailboxes has the name gone", wait.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_mail_in_two_mailboxes_is_two_deliveries_and_twice_in_one_mailbox_it_is_one()
    {
        Digest Key(string mailbox, string uidl) => DeliveryKey.Of(
            Tickets.For([1], 1) with { Source = new Pop3Source(mailbox, uidl) }, null);
        Assert.Equal(Key("office", "1"), Key("office", "2"));
        Assert.NotEqual(Key("office", "1"), Key("legal", "1"));
    }

    [Fact]
    public void A_ticket_keeps_mailbox_and_UIDL()
    {
        var ticket = Tickets.For([1], 1) with { Source = new Pop3Source("office", "<1>\"2") };
        Assert.Equal(ticket, Ticket.Read(ticket.Line()));
        Assert.Contains("\"kind\":\"pop3\"", System.Text.Encoding.UTF8.GetString(ticket.Line()), StringComparison.Ordinal);
    }

    private static DepotOptions Read(string key, string value) => Read((key, value));

    private static DepotOptions Read(params (string Key, string Value)[] changes)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["MailDepot:WorkStorage"] = "UseDevelopmentStorage=true" };
        foreach (var (number, name, user) in new[] { (0, "office", "anna"), (1, "legal", "ben") })
        {
            settings[$"MailDepot:Mailboxes:{number}:Name"] = name;
            settings[$"MailDepot:Mailboxes:{number}:Host"] = "pop.example.com";
            settings[$"MailDepot:Mailboxes:{number}:User"] = user;
            settings[$"MailDepot:Mailboxes:{number}:PasswordSetting"] = $"Passwords:{user}";
        }

        foreach (var (key, value) in changes)
        {
            settings[$"MailDepot:Mailboxes:{key}"] = value;
        }

        using var services = new ServiceCollection().AddLogging()
            .AddReaders(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).AddConnectors().AddArchiver()
            .BuildServiceProvider();
        return services.GetRequiredService<IOptions<DepotOptions>>().Value;
    }
}
