using System.Globalization;
using MailDepot.Connectors.Receiving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MailDepot.Tests;

public sealed class DepotOptionsTests
{
    [Theory]
    [InlineData("WorkStorage", "", "MailDepot:WorkStorage")]
    [InlineData("WorkStorage", "hello", "MailDepot:WorkStorage")]
    [InlineData("ArchiveStorage", "hello", "MailDepot:ArchiveStorage")]
    [InlineData("Smtp:Port", "70000", "MailDepot:Smtp:Port")]
    [InlineData("Smtp:MaxBytes", "0", "MailDepot:Smtp:MaxBytes")]
    [InlineData("EventDays", "0", "MailDepot:EventDays")]
    [InlineData("EventDays", "3651", "MailDepot:EventDays")]
    [InlineData("GraceSeconds", "9", "MailDepot:GraceSeconds")]
    [InlineData("GraceSeconds", "3601", "MailDepot:GraceSeconds")]
    [InlineData("Smtp:Hostname", "two words", "MailDepot:Smtp:Hostname")]
    [InlineData("Smtp:Certificate", "https://depot.vault.azure.net/certificates/smtp", "MailDepot:Smtp:Certificate")]
    [InlineData("Smtp:Certificate", "https://depot.vault.azure.net/secrets/smtp/0123", "MailDepot:Smtp:Certificate")]
    [InlineData("Smtp:Certificate", "http://depot.vault.azure.net/secrets/smtp", "MailDepot:Smtp:Certificate")]
    [InlineData("Smtp:CertificateKey", "smtp.key", "MailDepot:Smtp:CertificateKey")]
    [InlineData("Smtp:Networks:0", "192.0.2.7", "MailDepot:Smtp:Networks:0")]
    [InlineData("Smtp:Networks:0", "everywhere", "MailDepot:Smtp:Networks:0")]
    [InlineData(
        "Smtp:Networks:0",
        "0.0.0.0/0",
        "MailDepot:Smtp:Networks:0 is '0.0.0.0/0', which is every address there is: it keeps no stranger")]
    [InlineData(
        "Smtp:Networks:0",
        "::/0",
        "MailDepot:Smtp:Networks:0 is '::/0', which is every address there is: it keeps no stranger")]
    [InlineData("Smtp:ProxiesFrom:0", "10.0.0.300/32", "MailDepot:Smtp:ProxiesFrom:0")]
    [InlineData(
        "Smtp:ProxiesFrom:0",
        "::/0",
        "MailDepot:Smtp:ProxiesFrom:0 is '::/0', which is every address there is: whoever is named here can pretend to be")]
    [InlineData("Smtp:MaxConnections", "0", "MailDepot:Smtp:MaxConnections")]
    [InlineData("Smtp:MaxConnectionsPerAddress", "-1", "MailDepot:Smtp:MaxConnectionsPerAddress")]
    [InlineData("Smtp:MemoryBytes", "4194303", "MailDepot:Smtp:MemoryBytes")]
    [InlineData("Recipients:0:Pattern", "no address", "MailDepot:Recipients:0:Pattern")]
    [InlineData("Recipients:0:Pattern", "a*@example.com", "MailDepot:Recipients:0:Pattern")]
    [InlineData("Recipients:0:Container", "Big", "MailDepot:Recipients:0:Container")]
    [InlineData("Recipients:0:Container", "two--hyphens", "MailDepot:Recipients:0:Container")]
    [InlineData("Recipients:0:Retired", "soon", "MailDepot:Recipients:0:Retired")]
    [InlineData("Recipients:0:Retired", "2026-02-30", "MailDepot:Recipients:0:Retired")]
    [InlineData("Recipients:1:Pattern", "JOURNAL@example.com", "MailDepot:Recipients:1:Pattern")]
    public void A_wrong_value_is_one_sentence_that_names_the_key(string key, string value, string named)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(key, value));
        Assert.StartsWith(named + " ", Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Smtp:Port", "many")]
    [InlineData("Smtp:Prot", "25")]
    public void A_value_that_does_not_fit_or_a_key_that_is_misspelt_is_refused(string key, string value)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Read(key, value));
        Assert.Contains(key.Split(':')[^1], error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("journal@example.com")]
    [InlineData("*@example.com")]
    [InlineData("*")]
    public void Addresses_domains_and_everything_are_patterns(string pattern) =>
        Assert.Equal(pattern, Read("Recipients:0:Pattern", pattern).Recipients[0].Pattern);

    [Theory]
    [InlineData("", null)]
    [InlineData("now", "0001-01-31")]
    [InlineData("2026-12-01", "2026-12-31")]
    public void A_retired_address_is_accepted_for_thirty_days_and_with_now_not_at_all(string retired, string? until)
    {
        var rule = Assert.Single(Read("Recipients:0:Retired", retired).RecipientMap().Rules);
        Assert.Equal(until, rule.AcceptedUntil?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("*@example.com", true)]
    [InlineData("journal@example.com", true)]
    [InlineData("journal-00112233445566778899aabbccddee@example.com", true)]
    [InlineData("journal-00112233445566778899aabbccddeefg@example.com", true)]
    [InlineData("00112233445566778899aabbccddeeff@example.com", true)]
    [InlineData("journal-00112233445566778899aabbccddeeff-x@example.com", true)]
    [InlineData("journal-00112233445566778899aabbccddeeff@example.com", false)]
    [InlineData("Berlin-00112233445566778899AABBCCDDEEFF@example.com", false)]
    public void Where_everybody_can_connect_only_addresses_that_nobody_can_guess_are_accepted(string pattern, bool guessable)
    {
        var options = Read("Recipients:0:Pattern", pattern);
        options.Smtp.ClientCertificate = "mail.protection.outlook.com"; // any tenant has it, so it is never the only condition
        var errors = RecipientOptionsCheck.OpenPortErrors(options.Recipients, options.Smtp).ToList();
        Assert.Equal(guessable, errors.Count > 0);
        Assert.All(
            errors,
            sentence => Assert.StartsWith($"MailDepot:Recipients:0:Pattern is '{pattern}', ", sentence, StringComparison.Ordinal));
        options.Smtp.Networks.Add("192.0.2.0/24");
        Assert.Empty(RecipientOptionsCheck.OpenPortErrors(options.Recipients, options.Smtp));
    }

    [Fact]
    public void A_minted_address_can_not_be_guessed_and_no_two_are_the_same()
    {
        var minted = Enumerable.Range(0, 1_000).Select(_ => UnguessableAddress.Mint("example.com")).ToHashSet();
        Assert.Equal(1_000, minted.Count);
        Assert.All(minted, address => Assert.Matches("^journal-[0-9a-f]{32}@example[.]com$", address));
        Assert.All(
            minted,
            address => Assert.Empty(
                RecipientOptionsCheck.OpenPortErrors([new RecipientOptions { Pattern = address }], new SmtpOptions())));
    }

    [Theory]
    [InlineData("", true, "", "MailDepot:Smtp:Certificate is empty, and without TLS every mail would be refused: ")]
    [InlineData("", true, "mail.example.com", "MailDepot:Smtp:Certificate is empty, and without TLS every mail would be refused: ")]
    [InlineData(
        "",
        false,
        "mail.example.com",
        "MailDepot:Smtp:ClientCertificate is 'mail.example.com', which a client can show in TLS only, "
        + "and MailDepot:Smtp:Certificate is empty")]
    [InlineData("", false, "", null)]
    [InlineData("self-made", true, "mail.example.com", null)]
    [InlineData("smtp.pem", true, "mail.example.com", null)]
    [InlineData("smtp.pem", false, "mail.example.com", null)]
    public void An_open_port_asks_for_nothing_that_no_client_could_show(
        string certificate, bool requireTls, string client, string? sentence)
    {
        var smtp = new SmtpOptions { Certificate = certificate, RequireTls = requireTls, ClientCertificate = client };
        AssertStart(sentence, SmtpOptionsCheck.OpenPortErrors(smtp, showsClients: true));
    }

    [Fact]
    public void An_open_port_has_a_number_that_its_clients_can_know()
    {
        var smtp = new SmtpOptions { Port = 0, RequireTls = false };
        AssertStart("MailDepot:Smtp:Port is 0, ", SmtpOptionsCheck.OpenPortErrors(smtp, showsClients: true));
    }

    [Fact]
    public void A_self_made_certificate_is_offered_where_there_is_none_and_has_its_key_in_it()
    {
        var none = Assert.Single(SmtpOptionsCheck.OpenPortErrors(new SmtpOptions(), showsClients: true));
        Assert.Contains("set MailDepot__Smtp__Certificate=self-made ", none, StringComparison.Ordinal);
        var key = Assert.Single(SmtpOptionsCheck.Errors(new SmtpOptions { Certificate = "self-made", CertificateKey = "smtp.key" }));
        Assert.StartsWith(
            "MailDepot:Smtp:CertificateKey is set, and MailDepot:Smtp:Certificate names no file", key, StringComparison.Ordinal);
        Assert.Empty(SmtpOptionsCheck.Errors(new SmtpOptions { Certificate = "self-made" }));
    }

    [Theory]
    [InlineData("Smtp:Networks:0", false, "MailDepot:Smtp:Networks is set, and on Container Apps the clients' addresses can't be seen")]
    [InlineData("Smtp:Networks:0", true, null)]
    [InlineData(
        "Smtp:ProxiesFrom:0",
        false,
        "MailDepot:Smtp:ProxiesFrom is set, and the ingress of Container Apps writes no PROXY header but passes on what clients send")]
    [InlineData("Smtp:ProxiesFrom:0", true, null)]
    public void Networks_and_proxies_are_refused_where_no_client_address_can_be_seen_or_trusted(
        string key, bool showsClients, string? sentence)
    {
        var smtp = Read(key, "192.0.2.0/24").Smtp;
        smtp.RequireTls = false;
        AssertStart(sentence, SmtpOptionsCheck.OpenPortErrors(smtp, showsClients));
    }

    private static void AssertStart(string? sentence, IEnumerable<string> found)
    {
        Assert.Equal(sentence is null ? 0 : 1, found.Count());
        Assert.All(found, one => Assert.StartsWith(sentence!, one, StringComparison.Ordinal));
    }

    private static DepotOptions Read(string key, string value)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot:WorkStorage"] = "UseDevelopmentStorage=true",
            ["MailDepot:Recipients:0:Pattern"] = "journal@example.com",
            [$"MailDepot:{key}"] = value,
        };
        using var services = new ServiceCollection().AddLogging()
            .AddReaders(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).AddConnectors().AddArchiver()
            .BuildServiceProvider();
        return services.GetRequiredService<IOptions<DepotOptions>>().Value;
    }
}
