using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MailDepot.Smtp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot.Tests.Infra;

/// <summary>Alerts and the workbook.</summary>
[Collection<OneTemplate>]
public sealed partial class AlertTests(TemplateFixture template)
{
    private const string Rules = "Microsoft.Insights/scheduledQueryRules";

    /// <summary>
    /// For so many minutes the Functions host may hide a message that nothing works on (src/MailDepot.Functions/README.md).
    /// </summary>
    private const int HiddenMinutes = 10;

    /// <summary>The window sizes that Azure accepts.</summary>
    private static readonly string[] Windows =
        ["PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D", "P2D"];

    /// <summary>The instruments that the workbook must show.</summary>
    private static readonly string[] Shown =
    [
        "maildepot.received", "maildepot.queue.oldest.age", "maildepot.archived",
        "maildepot.pop3.polls", "maildepot.mailbox.failing",
        "maildepot.smtp.replies", "maildepot.smtp.sessions", "maildepot.smtp.transaction.duration",
        "maildepot.storage.requests",
    ];

    [Fact]
    public void Each_kind_of_trouble_has_its_alert_on_what_our_programs_measure() => Assert.Equal(
        [
            "mailbox-failing: maildepot.mailbox.failing",
            "no-mail: maildepot.received",
            "no-poll: maildepot.job.runs",
            "oldest-ticket: maildepot.queue.oldest.age",
            "quarantine: maildepot.quarantine.size",
            "smtp-refuses: maildepot.smtp.replies",
            "smtp-silent: maildepot.smtp.probes",
        ],
        template.Full.Those(Rules)
            .Select(rule => $"{rule.Name["maildepot-".Length..]}: {Assert.Single(Instruments(Query(rule)))}")
            .Order());

    [Fact]
    public void Alerts_on_SMTP_come_with_the_SMTP_app()
    {
        Assert.DoesNotContain(template.First.Those(Rules), rule => rule.Name.Contains("smtp-", StringComparison.Ordinal));
        Assert.Equal(5, template.First.Those(Rules).Length);
    }

    [Fact]
    public async Task Without_mailboxes_and_with_quiet_nights_there_are_fewer_alerts()
    {
        var deployment = await template.PredictAsync("quiet", """
            using 'main.bicep'
            extends 'main.sample.bicepparam'
            param mailboxes = []
            param noMailHours = 0
            """);
        Assert.Equal(["maildepot-oldest-ticket", "maildepot-quarantine"], deployment.Those(Rules).Select(rule => rule.Name).Order());
    }

    [Fact]
    public void Each_alert_queries_our_workspace_and_mails_the_administrators()
    {
        var people = template.Full.The("Microsoft.Insights/actionGroups");
        Assert.Equal(
            ["admin@example.com", "night@example.com"],
            people.Properties["emailReceivers"]!.AsArray().Select(receiver => (string)receiver!["emailAddress"]!));
        Assert.All(template.Full.Those(Rules), rule =>
        {
            Assert.Equal("<monitoring.workspaceId>", Deployment.Text(Assert.Single(rule.Properties["scopes"]!.AsArray())!));
            Assert.Equal(people.Id, (string)Assert.Single(rule.Properties["actions"]!["actionGroups"]!.AsArray())!);
            Assert.Contains((string)rule.Properties["windowSize"]!, Windows);
            Assert.Contains((string)rule.Properties["evaluationFrequency"]!, Windows);
        });
        Assert.Equal("P2D", (string)Rule("no-mail").Properties["windowSize"]!);
        Assert.Equal("PT30M", (string)Rule("no-poll").Properties["windowSize"]!);
    }

    [Fact]
    public void The_alert_on_age_outlasts_a_mail_that_the_Functions_host_hid_twice_and_comes_within_an_hour()
    {
        var minutes = (int)template.Compiled["parameters"]!["oldestTicketMinutes"]!["defaultValue"]!;
        Assert.InRange(minutes, (2 * HiddenMinutes) + 1, 59);
    }

    [Fact]
    public void Each_mailbox_alerts_on_its_own_within_minutes_even_while_nobody_polls_it()
    {
        var rule = Rule("mailbox-failing");
        Assert.Equal("PT5M PT10M", $"{rule.Properties["evaluationFrequency"]} {rule.Properties["windowSize"]}");
        var dimension = Assert.Single(Dimensions(rule))!;
        Assert.Equal("Mailbox Include *", $"{dimension["name"]} {dimension["operator"]} {Assert.Single(dimension["values"]!.AsArray())}");
        Assert.All(template.Full.Those(Rules), any => Assert.All(
            Dimensions(any), one => Assert.Contains($"by {one!["name"]} = ", Query(any), StringComparison.Ordinal)));
    }

    [Fact]
    public void The_alert_on_replies_counts_those_that_are_our_fault_or_lose_a_mail()
    {
        var codes = Code().Matches(Query(Rule("smtp-refuses"))).Select(match => match.Groups["code"].Value).Order();
        SmtpReply[] counted = [SmtpReply.NotAccepted, SmtpReply.TooLarge(new SmtpLimits().MailBytes)];
        Assert.Equal(counted.Select(reply => $"{reply.Code}"), codes);
        Assert.Equal(SmtpReply.NotAccepted.Code, SmtpReply.NoMemory.Code);
        Assert.Equal(SmtpReply.NotAccepted.Code, SmtpReply.RecipientsNotLoaded.Code);
    }

    [Fact]
    public void The_alert_on_polls_counts_runs_of_their_timer_not_what_they_find()
    {
        var job = JobName().Match(Query(Rule("no-poll"))).Groups["name"].Value;
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("MailDepot:WorkStorage", "UseDevelopmentStorage=true")])
            .Build();
        using var services = new ServiceCollection().AddLogging()
            .AddReaders(configuration).AddConnectors().AddArchiver()
            .BuildServiceProvider();
        Assert.Contains(services.GetRequiredService<Pipeline>().Jobs, known => known.Name == job);
    }

    [Fact]
    public void The_workbook_shows_arrivals_queue_archive_mailboxes_and_costs()
    {
        var shown = WorkbookQueries().SelectMany(Instruments).ToHashSet();
        Assert.All(Shown, instrument => Assert.Contains(instrument, shown));
    }

    [Fact]
    public void A_budget_is_created_if_one_is_asked_for()
    {
        Assert.Empty(template.First.Those("Microsoft.Consumption/budgets"));
        var budget = template.Full.The("Microsoft.Consumption/budgets").Properties;
        Assert.Equal("100 2027-01-01", $"{budget["amount"]} {budget["timePeriod"]!["startDate"]}");
    }

    /// <summary>Every query of an alert or the workbook.</summary>
    public static IEnumerable<string> Queries(Deployment deployment) =>
        deployment.Those(Rules).Select(Query).Concat(WorkbookQueries(deployment));

    /// <summary>The instruments that a query names.</summary>
    public static IEnumerable<string> Instruments(string query) =>
        Instrument().Matches(query).Select(match => match.Groups["name"].Value);

    private DeployedResource Rule(string name) => template.Full.Those(Rules).Single(rule => rule.Name == "maildepot-" + name);

    private static JsonArray Dimensions(DeployedResource rule) => Criterion(rule)["dimensions"]!.AsArray();

    private static string Query(DeployedResource rule) => (string)Criterion(rule)["query"]!;

    private static JsonNode Criterion(DeployedResource rule) => Assert.Single(rule.Properties["criteria"]!["allOf"]!.AsArray())!;

    private static IEnumerable<string> WorkbookQueries(Deployment deployment) =>
        JsonNode.Parse((string)deployment.The("Microsoft.Insights/workbooks").Properties["serializedData"]!)!["items"]!.AsArray()
            .Select(item => (string?)item!["content"]!["query"]).OfType<string>();

    private IEnumerable<string> WorkbookQueries() => WorkbookQueries(template.Full);

    [GeneratedRegex(@"Code == ""(?<code>\d+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Code();

    [GeneratedRegex(@"Properties\.job\) == ""(?<name>\w+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex JobName();

    [GeneratedRegex(@"""(?<name>maildepot\.[a-z0-9.]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Instrument();
}
