using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>The opposite of an alert: an address is called as long as a mailbox is collected, and silence means trouble.</summary>
public sealed class HealthPingTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_successful_collection_calls_the_address_once_even_without_new_mail()
    {
        await using var endpoint = new HealthEndpoint();
        await using var server = new ScriptedServer { Mails = { Mail(1) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: Settings(server, endpoint.Address));
        foreach (var collected in new[] { 1, 0 })
        {
            Assert.Equal(collected, (await CollectAsync(depot)).Collected);
        }

        Assert.Equal(Enumerable.Repeat("GET /ping/5d1c-secret?token=s3cret", 2), endpoint.Calls);
        Assert.DoesNotContain(depot.Events, e => e.Kind is EventKind.Warned or EventKind.Failed);
    }

    [Theory]
    [InlineData("greeting", "-ERR no")]
    [InlineData("PASS", "-ERR wrong password")]
    [InlineData("PASS", "-ERR Server Unavailable")]
    [InlineData("LIST", "rubbish")]
    [InlineData("RETR", "-ERR can't read it")] // then skipped
    [InlineData("RETR", ScriptedServer.Cut)]
    public async Task A_failing_mailbox_calls_nothing_until_it_works_again(string at, string says)
    {
        await using var endpoint = new HealthEndpoint();
        await using var server = new ScriptedServer { Mails = { Mail(1) }, Instead = { [at] = says } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: Settings(server, endpoint.Address));
        for (var visit = 0; visit < 4; visit++)
        {
            Assert.NotNull((await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: at == "PASS", Token))?.Failure);
        }

        Assert.Empty(endpoint.Calls);
        server.Instead.Clear();
        Assert.False((await CollectAsync(depot)).Failed);
        Assert.Single(endpoint.Calls);
    }

    [Fact]
    public async Task A_poll_that_comes_too_early_calls_nothing()
    {
        await using var endpoint = new HealthEndpoint();
        await using var server = new ScriptedServer { Serves = session => session == 1 };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: Settings(server, endpoint.Address));
        await CollectAsync(depot);
        Assert.True((await CollectAsync(depot)).TooEarly);
        Assert.Single(endpoint.Calls);
    }

    [Theory]
    [InlineData(404, "answered 404")]
    [InlineData(503, "answered 503")]
    [InlineData(302, "answered 302")] // which is not followed
    [InlineData(0, "could not be called (Connection refused)")]
    public async Task A_failing_address_is_logged_once_a_day_without_its_secret_and_the_mailbox_does_not_fail(int status, string expected)
    {
        await using var endpoint = new HealthEndpoint { Status = status };
        await using var server = new ScriptedServer();
        var clock = new FakeTimeProvider(Tickets.Noon);
        var address = status > 0 ? endpoint.Address : "http://localhost:1/ping/5d1c-secret?token=s3cret";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: Settings(server, address));
        foreach (var (after, logged) in new[] { (0, 1), (12, 1), (11, 1), (1, 2) })
        {
            clock.Advance(TimeSpan.FromHours(after));
            server.Mails.Add(Mail(after));
            Assert.Equal(("1 mail collected.", null, 0, 1, false), Outcome(await CollectAsync(depot)));
            Assert.Equal(logged, depot.Events.Count(e => e.Kind is EventKind.Warned));
        }

        Assert.Equal(status > 0 ? 4 : 0, endpoint.Calls.Count);
        Assert.False((await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).Failing);
        var warning = depot.Events.First(e => e.Kind is EventKind.Warned).Text;
        Assert.StartsWith(
            "Mailbox office was collected, but its health-check address "
            + $"{address[..address.IndexOf("ping", StringComparison.Ordinal)]}… {expected}.",
            warning, StringComparison.Ordinal);
        Assert.DoesNotContain(
            depot.Events, e => e.Text.Contains("s3cret", StringComparison.Ordinal) || e.Text.Contains("5d1c", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_that_hangs_delays_neither_the_result_nor_the_next_poll_and_times_out()
    {
        await using var endpoint = new HealthEndpoint { Status = null };
        await using var server = new ScriptedServer { Mails = { Mail(1) } };
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), clock, more: Settings(server, endpoint.Address));
        var first = CollectAsync(depot);
        await Eventually.IsTrueAsync(() => endpoint.Calls.Count == 1, "the address was called");
        Assert.Equal("1 mail collected.", (await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).Result);
        Assert.Empty(server.Mails);

        endpoint.Status = 200;
        server.Mails.Add(Mail(2));
        Assert.Equal(1, (await CollectAsync(depot)).Collected); // the lease is free
        Assert.False(first.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, (await first).Collected);
        Assert.Contains(
            "did not answer within 10 seconds", Assert.Single(depot.Events, e => e.Kind is EventKind.Warned).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopping_process_does_not_wait_for_the_address()
    {
        await using var endpoint = new HealthEndpoint { Status = null };
        await using var server = new ScriptedServer();
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), new FakeTimeProvider(Tickets.Noon), more: Settings(server, endpoint.Address));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var collecting = depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: true, stop.Token);
        await Eventually.IsTrueAsync(() => endpoint.Calls.Count == 1, "the address was called");
        await stop.CancelAsync();
        Assert.False((await collecting)!.Failed);
        Assert.DoesNotContain(depot.Events, e => e.Kind is EventKind.Warned);
    }

    private static Dictionary<string, string?> Settings(ScriptedServer server, string address)
    {
        var settings = server.Settings();
        settings["MailDepot:Mailboxes:0:HealthUrl"] = address;
        return settings;
    }

    private static (string Uidl, byte[] Mail) Mail(int number) => ($"u{number}", A.Mail().MessageId($"{number}@example.com").Bytes());
}
