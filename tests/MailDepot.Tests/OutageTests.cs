using System.Text;
using MailDepot.Events;
using MailDepot.Host.Serving;
using MailDepot.Host.Smtp;
using MailDepot.Host.Worker;
using MailDepot.Mail;
using MailDepot.Smtp;
using MailDepot.Spool;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests;

/// <summary>
/// Storage stops under load for ten minutes by the depot's clock: SMTP puts clients off, and the archiver waits and goes on.
/// </summary>
public sealed class OutageTests(AzuriteFixture azurite)
{
    private const int Clients = 4;
    private const int MailsEach = 12;

    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
    private readonly FaultAt fault = new() { AndAllLater = true };
    private readonly TimeLapse lapse = new() { AtWork = TimeSpan.FromSeconds(2) };

    private int accepted;
    private int putOff;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storage_that_stops_for_ten_minutes_loses_and_duplicates_nothing(bool answersOnly)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, lapse, fault);
        await using var endpoint = await SmtpPort.ListenAsync(
            depot.Get<MailSpool>(),
            static (_, _, _) => RecipientDecision.Accept(new Destination(TestDepot.Container, Journal: false)));
        depot.Get<EventLog>().Start();
        using var pump = new PipelineWorker(depot.Get<Pipeline>(), depot.Get<DepotEvents>(), Shutdown.Interactive, clock);
        await pump.StartAsync(Token);

        var port = new Uri(endpoint.Urls.Single()).Port;
        var load = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => SendAllAsync(port, client)));
        await Eventually.IsTrueAsync(() => Tick(0.1) && accepted >= Clients * MailsEach / 4, "a quarter is accepted");

        fault.Reset(1, answersOnly);
        var end = clock.GetUtcNow().AddMinutes(10);
        await Eventually.IsTrueAsync(() => Tick(1.5) && clock.GetUtcNow() >= end, "ten minutes are over");
        Assert.True(putOff >= Clients, $"Only {putOff} mails were put off.");
        fault.Stop();

        await Eventually.IsTrueAsync(() => Tick(0.1) && load.IsCompleted, "every mail is accepted");
        await load;
        await Eventually.IsTrueAsync(async () => Tick(0.1) && await IsIdleAsync(depot), "the queues are empty");
        await pump.StopAsync(Token);

        Assert.Equal(Clients * MailsEach, (await depot.DocumentNamesAsync()).Count);
        Assert.Equal(Clients * MailsEach, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
    }

    private bool Tick(double seconds)
    {
        clock.Advance(TimeSpan.FromSeconds(seconds));
        return true;
    }

    private static async Task<bool> IsIdleAsync(TestDepot depot) =>
        (await depot.Storage.ArchiveQueue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount == 0
        && (await depot.Storage.ArchivePoison.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount == 0;

    /// <summary>A client keeps a mail until it gets 250, and tries again after half a minute.</summary>
    private async Task SendAllAsync(int port, int client)
    {
        for (var mail = 0; mail < MailsEach;)
        {
            try
            {
                using var text = new MemoryStream(Encoding.ASCII.GetBytes($"Subject: {client}-{mail}\r\n\r\ntext\r\n"));
                await SmtpClient.SendAsync("127.0.0.1", port, "a@example.com", [TestDepot.Office], text, Token);
                Interlocked.Increment(ref accepted);
                mail++;
            }
            catch (SmtpRefusedException refused) when (refused.Code == 451)
            {
                Interlocked.Increment(ref putOff);
                await Task.Delay(TimeSpan.FromSeconds(30), clock, Token);
            }
        }
    }
}
