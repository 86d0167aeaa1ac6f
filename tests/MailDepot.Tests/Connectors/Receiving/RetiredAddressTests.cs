using MailDepot.Connectors.Receiving;
using MailDepot.Events;
using MailDepot.Host.Serving;
using MailDepot.Host.Smtp;
using MailDepot.Mail;
using MailDepot.Smtp;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Connectors.Receiving;

/// <summary>An address that another one replaces: at first each mail is an alarm, and after 30 days it is refused.</summary>
public sealed class RetiredAddressTests(AzuriteFixture azurite)
{
    private const string Old = "old@depot.example";
    private const string Script = Ehlo + "MAIL FROM:<>\r\nRCPT TO:<" + Old + ">\r\nRCPT TO:<old+tag@depot.example>\r\n";

    private static readonly DateTimeOffset Retired = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-1, "250 2.1.5")]
    [InlineData(0, "250 2.1.5")]
    [InlineData(29, "250 2.1.5")]
    [InlineData(30, "550 5.1.1")]
    public async Task It_is_accepted_for_thirty_days_and_then_refused_although_its_domain_is_ours(int days, string reply)
    {
        var map = new RecipientMap(
        [
            new RecipientRule("*@depot.example", "main", Journal: false),
            new RecipientRule(Old, "main", Journal: false) { Retired = Retired },
        ]);
        var stage = new SmtpStage { Deciding = () => new RecipientPolicy(map, new FakeTimeProvider(Retired.AddDays(days))).Decide };
        (await stage.PlayAsync(Script)).AssertReplies(["250", "250 2.1.0", reply, reply]);
    }

    [Fact]
    public async Task With_now_it_is_refused_and_what_was_accepted_before_is_archived()
    {
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), more: [new("MailDepot:Recipients:0:Retired", "now")]);
        Assert.Equal(TestDepot.Container, (await depot.KeepAsync(A.Mail().Bytes(), TestDepot.Journal)).Container);
        var policy = new RecipientPolicy(depot.Get<IOptions<DepotOptions>>().Value.RecipientMap(), TimeProvider.System);
        var stage = new SmtpStage { Deciding = () => policy.Decide };
        var played = await stage.PlayAsync(Ehlo + $"MAIL FROM:<>\r\nRCPT TO:<{TestDepot.Journal}>\r\n");
        played.AssertReplies(["250", "250 2.1.0", "550 5.1.1"]);
    }

    [Fact]
    public void Without_any_rule_every_recipient_is_put_off()
    {
        var policy = new RecipientPolicy(new RecipientMap([]), TimeProvider.System);
        var dialogue = new SmtpDialogue(new SmtpPolicy(), policy.Decide, new SmtpLimits(), new SmtpPeer(Peer), offersTls: false);
        dialogue.Answer("EHLO client.example"u8);
        dialogue.Answer("MAIL FROM:<>"u8);
        Assert.Equal(SmtpReply.RecipientsNotLoaded, dialogue.Answer("RCPT TO:<a@depot.example>"u8));
        Assert.Equal(SmtpReply.RecipientsNotLoaded, dialogue.Answer("RCPT TO:<Postmaster>"u8));
        Assert.Equal((451, "4.3.0"), (SmtpReply.RecipientsNotLoaded.Code, SmtpReply.RecipientsNotLoaded.Status));
    }

    [Fact]
    public async Task Each_mail_in_the_thirty_days_is_one_alarm_that_says_until_when_and_what_to_change()
    {
        var clock = new FakeTimeProvider(Retired.AddDays(-1));
        using var warnings = new Warnings();
        await using var services = await ServicesAsync(clock, warnings);
        var events = new List<DepotEvent>();
        services.GetRequiredService<DepotEvents>().Written += (_, e) => events.Add(e);
        await services.GetRequiredService<DepotStorage>().CreateAsync(["default"], TestContext.Current.CancellationToken);
        var endpoint = services.GetRequiredService<SmtpEndpoint>();

        await AcceptAsync();
        Assert.DoesNotContain(events, e => e.Kind is EventKind.Warned);

        clock.SetUtcNow(Retired);
        var (ticket, _) = await AcceptAsync();
        var alarm = Assert.Single(events, e => e.Kind is EventKind.Warned);
        Assert.Equal(ticket, alarm.Id);
        Assert.StartsWith($"Warned {ticket} (address) is retired", Assert.Single(warnings.Lines), StringComparison.Ordinal);
        Assert.Equal(
            $"{Old} is retired and still gets mail, which is accepted until 2026-12-31 00:00 UTC: point the journal rule in Exchange to "
            + "the address that replaces it.",
            alarm.Text);

        Task<AcceptedMail> AcceptAsync() => endpoint.Accept(
            new SmtpSource(Peer, "client.example", "", [Old, "old+tag@depot.example"]),
            new MemoryStream(A.Mail().Bytes()),
            TestContext.Current.CancellationToken);
    }

    private async Task<ServiceProvider> ServicesAsync(FakeTimeProvider clock, ILoggerProvider logger)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot:WorkStorage"] = await azurite.NextAccountAsync(),
            ["MailDepot:Recipients:0:Pattern"] = Old,
            ["MailDepot:Recipients:0:Retired"] = "2026-12-01",
        };
        var parts = new ServiceCollection().AddLogging(logging => logging.AddProvider(logger));
        parts.AddSingleton<TimeProvider>(clock).AddSingleton(Shutdown.Interactive);
        parts.AddReaders(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).AddConnectors().AddArchiver();
        await parts.AddSmtpEndpointAsync(certificate: null, TestContext.Current.CancellationToken);
        return parts.BuildServiceProvider();
    }

    private sealed class Warnings : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Lines.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
            // holds nothing
        }
    }
}
