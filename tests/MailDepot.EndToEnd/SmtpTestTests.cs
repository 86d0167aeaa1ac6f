using System.Text.RegularExpressions;
using MailDepot.Host.Up;

namespace MailDepot.EndToEnd;

/// <summary><c>maildepot smtp test</c> against a running depot: the mail arrives, or the test names the hop it did not reach.</summary>
public sealed partial class SmtpTestTests
{
    [Fact]
    public async Task A_test_mail_is_followed_to_its_receipt_and_the_list()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());

        var test = await depot.AskAsync("smtp", "test", "--to", "someone@example.com");
        Assert.True(test.Code == 0, test.Errors);
        Assert.Contains(", the certificate is self-signed\n", test.Text, StringComparison.Ordinal);
        var hops = Hop().Matches(test.Text);
        Assert.Equal(
            ["connected", "in TLS", "accepted", "on the queue", "archived", "in the list"],
            hops.Select(hop => hop.Groups["hop"].Value));
        var times = hops
            .Select(hop => long.Parse(hop.Groups["ms"].Value, System.Globalization.CultureInfo.InvariantCulture))
            .ToList();
        Assert.Equal(times.Order(), times);
        var id = Ticket().Match(test.Text).Groups["id"].Value;
        Assert.Contains("Subject: maildepot smtp test\r\n", (await depot.AskAsync("get", id)).Text, StringComparison.Ordinal);

        var again = await depot.AskJsonAsync("smtp", "test", "--to", "someone@example.com");
        Assert.True(again.GetProperty("arrived").GetBoolean());
        Assert.Equal(6, again.GetProperty("hops").GetArrayLength());
        await depot.UntilArchivedAsync(2); // a new Message-Id makes it a delivery of its own
    }

    [Fact]
    public async Task A_test_mail_that_does_not_arrive_names_the_hop_in_one_sentence()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(
            folder.Path, await RunningDepot.UsualEnvironmentAsync(), "--recipient", "*@example.com");

        var unused = LocalPort.Choose(0);
        var nobody = await depot.AskAsync("smtp", "test", "--to", "someone@example.com", "--port", $"{unused}");
        Assert.Equal(
            (1, "", $"maildepot: Can't connect to 127.0.0.1:{unused} (connection refused): "
                + "check --host and --port, and whether the endpoint runs.\n"),
            (nobody.Code, nobody.Text, nobody.Errors));

        var refused = await depot.AskAsync("smtp", "test", "--to", "someone@example.org");
        Assert.Equal(1, refused.Code);
        Assert.Matches(
            "^maildepot: The server did not accept the mail: it answered RCPT TO:<someone@example[.]org> with 550 5[.]1[.]1 .*[.]\n$",
            refused.Errors);

        var kept = await depot.AskAsync("smtp", "test", "--to", "postmaster@example.org");
        Assert.Equal(1, kept.Code);
        Assert.Matches(
            "^maildepot: The mail is accepted but in quarantine: "
                + "A mail from <> is for postmaster@example.org and not for the archive.*[.]\n$",
            kept.Errors);
        var held = Assert.Single((await depot.AskJsonAsync("quarantine", "list")).EnumerateArray());
        Assert.Equal("postmaster", held.GetProperty("reason").GetString());
        var read = await depot.AskAsync("quarantine", "get", held.GetProperty("id").GetString()!);
        Assert.Contains("Subject: maildepot smtp test\r\n", read.Text, StringComparison.Ordinal);

        var wrong = await depot.AskAsync("smtp", "test", "--to", "a@b>\r\nDATA");
        Assert.Equal(2, wrong.Code);
    }

    [GeneratedRegex(
        @"^(?<hop>[a-zA-Z ]+?) +(?<ms>[0-9]+) ms  ",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Hop();

    [GeneratedRegex("ticket (?<id>[0-9a-f-]{36})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Ticket();
}
