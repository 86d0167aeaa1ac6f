using MailDepot.Notices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MailDepot.Tests.Notices;

/// <summary>One mail through a relay, and the sentences about its failures.</summary>
public sealed class AdminMailTests : IDisposable
{
    private const string Password = "relay-s3cret";

    private readonly TemporaryFolder folder = new();
    private readonly TestAuthority authority = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RelaySecurity.None, false)]
    [InlineData(RelaySecurity.StartTls, false)]
    [InlineData(RelaySecurity.StartTls, true)]
    [InlineData(RelaySecurity.Tls, true)]
    public async Task A_mail_arrives_complete_for_every_recipient_over_the_configured_security(RelaySecurity security, bool login)
    {
        await using var relay = Relay(security, login);
        var sent = await SendAsync(relay, login);
        Assert.Contains("kept", sent.Answer, StringComparison.Ordinal);
        Assert.Null(sent.Refusal);
        var mail = Assert.Single(relay.Mails);
        Assert.Contains("Subject: MailDepot: mailbox =?utf-8?", mail, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("To: admin@example.com, deputy@example.com", mail, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated", mail, StringComparison.Ordinal);
        Assert.Matches(@"Message-Id: <[^>]+@example\.com>", mail);
        Assert.Equal(
            ["RCPT TO:<admin@example.com>", "RCPT TO:<deputy@example.com>"],
            relay.Commands.Where(command => command.StartsWith("RCPT", StringComparison.Ordinal)));
        Assert.Equal(login, relay.Commands.Any(command => command.StartsWith("AUTH PLAIN", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_wrong_password_is_one_failed_login_and_is_not_in_the_sentence()
    {
        await using var relay = Relay(RelaySecurity.StartTls, login: true);
        var failure = await FailureAsync(relay, login: true, new KeyValuePair<string, string?>("Passwords:relay", "wr0ng-secret"));
        Assert.StartsWith($"The relay localhost:{relay.Port} rejected the login of user depot", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-secret", failure, StringComparison.Ordinal);
        Assert.Single(relay.Commands, command => command.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_that_is_not_set_is_reported_by_the_name_of_its_setting()
    {
        await using var relay = Relay(RelaySecurity.StartTls, login: true);
        Assert.StartsWith(
            "Passwords:relay, which MailDepot:Notices:PasswordSetting names, is not set",
            await FailureAsync(relay, login: true, new KeyValuePair<string, string?>("Passwords:relay", "")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_has_the_relay_s_own_reply()
    {
        await using var relay = Relay(RelaySecurity.None, login: false);
        relay.Instead["RCPT"] = "550 5.7.1 relaying denied";
        Assert.Equal(
            $"The relay localhost:{relay.Port} refused the mail for admin@example.com (550 5.7.1 relaying denied) and for "
            + "deputy@example.com (550 5.7.1 relaying denied).", await FailureAsync(relay));
        Assert.Empty(relay.Mails);
        Assert.DoesNotContain("DATA", relay.Commands);
        relay.Instead.Clear();
        relay.Instead["MAIL"] = "550 5.7.1 not from you";
        Assert.Equal($"The relay localhost:{relay.Port} refused the mail: 550 5.7.1 not from you.", await FailureAsync(relay));
    }

    [Theory]
    [InlineData("admin@example.com", "deputy@example.com")]
    [InlineData("deputy@example.com", "admin@example.com")]
    public async Task A_refused_recipient_does_not_keep_the_mail_from_others(string refused, string other)
    {
        await using var relay = Relay(RelaySecurity.None, login: false);
        relay.Instead[$"RCPT TO:<{refused}>"] = "550 5.1.1 no such user";
        var sent = await SendAsync(relay, login: false);
        Assert.Single(relay.Mails);
        Assert.Equal([other], sent.To);
        Assert.Equal($"The relay localhost:{relay.Port} refused the mail for {refused} (550 5.1.1 no such user).", sent.Refusal);
    }

    [Fact]
    public async Task A_relay_without_STARTTLS_gets_nothing()
    {
        await using var relay = Relay(RelaySecurity.None, login: false);
        var failure = await FailureAsync(relay, false, new KeyValuePair<string, string?>("MailDepot:Notices:Security", "starttls"));
        Assert.Contains("does not support what MailDepot:Notices requires", failure, StringComparison.Ordinal);
        Assert.DoesNotContain(relay.Commands, command => command.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_that_is_not_configured_is_refused()
    {
        await using var relay = Relay(RelaySecurity.StartTls, login: false);
        var failure = await FailureAsync(relay, false, new KeyValuePair<string, string?>("MailDepot:Notices:Certificate", ""));
        Assert.StartsWith($"The certificate of the relay localhost:{relay.Port} is not trusted", failure, StringComparison.Ordinal);
        Assert.Empty(relay.Mails);
    }

    [Theory]
    [InlineData("the root", true)]
    [InlineData("the issuer", true)]
    [InlineData("another root", false)]
    public async Task Root_or_issuer_of_the_relay_s_certificate_can_be_configured(string which, bool taken)
    {
        using var another = new TestAuthority();
        await using var relay = Relay(RelaySecurity.StartTls, login: false);
        relay.Issuers.ImportFromPem(authority.IssuerPem);
        await File.WriteAllTextAsync(
            folder.In("named.pem"),
            which switch { "the root" => authority.RootPem, "the issuer" => authority.IssuerPem, _ => another.RootPem }, Token);
        var named = new KeyValuePair<string, string?>("MailDepot:Notices:Certificate", folder.In("named.pem"));
        if (taken)
        {
            await SendAsync(relay, login: false, named);
        }
        else
        {
            Assert.StartsWith(
                $"The certificate of the relay localhost:{relay.Port} is not trusted", await FailureAsync(relay, login: false, named),
                StringComparison.Ordinal);
        }

        Assert.Equal(taken ? 1 : 0, relay.Mails.Count);
    }

    [Fact]
    public async Task A_relay_that_cannot_be_reached_is_reported()
    {
        var relay = Relay(RelaySecurity.None, login: false);
        await relay.DisposeAsync();
        var settings = Settings(relay, login: false);
        settings["MailDepot:Notices:Port"] = "1";
        var failure = await Assert.ThrowsAsync<NoticeException>(() => Mail(settings).SendAsync("a", "b", Token));
        Assert.StartsWith("The relay localhost:1 can't be reached", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host", "not a host", "MailDepot:Notices:Host is")]
    [InlineData("Port", "0", "MailDepot:Notices:Port is")]
    [InlineData("Security", "9", "MailDepot:Notices:Security is")]
    [InlineData("From", "nobody", "MailDepot:Notices:From is")]
    [InlineData("To:1", "two words@example.com", "MailDepot:Notices:To:1 is")]
    [InlineData("User", "depot", "MailDepot:Notices:User is set and MailDepot:Notices:Security is none")]
    public async Task A_wrong_setting_is_one_sentence_that_names_its_key(string key, string value, string expected)
    {
        await using var relay = Relay(RelaySecurity.None, login: false);
        var settings = Settings(relay, login: false);
        settings["MailDepot:Notices:PasswordSetting"] = "Passwords:relay";
        settings[$"MailDepot:Notices:{key}"] = value;
        Assert.StartsWith(
            expected, Assert.Single(Assert.Throws<OptionsValidationException>(() => Mail(settings)).Failures), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        folder.Dispose();
        authority.Dispose();
    }

    private RelaySink Relay(RelaySecurity security, bool login) =>
        new()
        {
            Security = security,
            Login = login ? $"depot {Password}" : null,
            Certificate = security is RelaySecurity.None ? null : authority.Issue("localhost"),
        };

    private Dictionary<string, string?> Settings(RelaySink relay, bool login)
    {
        var settings = relay.Settings();
        settings["MailDepot:WorkStorage"] = "UseDevelopmentStorage=true";
        if (relay.Certificate is { } certificate)
        {
            File.WriteAllText(folder.In("relay.pem"), certificate.ExportCertificatePem());
            settings["MailDepot:Notices:Certificate"] = folder.In("relay.pem");
        }

        if (login)
        {
            settings["MailDepot:Notices:User"] = "depot";
            settings["MailDepot:Notices:PasswordSetting"] = "Passwords:relay";
            settings["Passwords:relay"] = Password;
        }

        return settings;
    }

    private Task<SentMail> SendAsync(RelaySink relay, bool login, params KeyValuePair<string, string?>[] more)
    {
        var settings = Settings(relay, login);
        more.ToList().ForEach(setting => settings[setting.Key] = setting.Value);
        return Mail(settings).SendAsync("MailDepot: mailbox Büro", "What is wrong: nothing.\r\n", Token);
    }

    private async Task<string> FailureAsync(RelaySink relay, bool login = false, params KeyValuePair<string, string?>[] more) =>
        (await Assert.ThrowsAsync<NoticeException>(() => SendAsync(relay, login, more))).Message;

    private static AdminMail Mail(Dictionary<string, string?> settings)
    {
        using var services = new ServiceCollection().AddLogging()
            .AddReaders(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddConnectors().AddArchiver().BuildServiceProvider();
        return services.GetRequiredService<AdminMail>();
    }
}
