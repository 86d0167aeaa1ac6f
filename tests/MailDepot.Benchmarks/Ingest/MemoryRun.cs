using MailDepot.Host.Local;
using MailDepot.Host.Smtp;
using MailDepot.Storage;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Measures the memory of the real program while several large mails arrive at once.</summary>
internal sealed class MemoryRun(AzuriteProgram program, IngestPlan plan, TimeProvider clock)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    public async Task<MemoryFigures> RunAsync(CancellationToken ct)
    {
        await using var azurite = await FreshAzurite.StartAsync(program, clock, ct);
        var connectionString = azurite.ConnectionString(AzuriteAccount.Development.Name);
        await using var up = await UpProcess.StartAsync(connectionString, clock, ct);
        var idle = up.PeakBytes;
        var began = clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(1, plan.LargeMails).Select(number => SendAsync(up.Port, number, ct)));
        var accepted = (Peak: up.PeakBytes, Time: clock.GetElapsedTime(began));
        await ArchivedAsync(connectionString, ct);
        var (peak, time) = (up.PeakBytes, clock.GetElapsedTime(began));
        var archived = await up.StopAsync(ct);
        if (archived != plan.LargeMails)
        {
            throw new BrokenRunException($"Only {archived} of {plan.LargeMails} large mails were archived.");
        }

        return new MemoryFigures(
            plan.LargeMails,
            LargeReport.Whole(plan.LargeBytes),
            idle,
            accepted.Peak,
            peak,
            accepted.Time.TotalSeconds,
            time.TotalSeconds);
    }

    private async Task SendAsync(int port, int number, CancellationToken ct)
    {
        await using var mail = new LargeReport(number, plan.LargeBytes);
        await SmtpClient.SendAsync("127.0.0.1", port, "", [JournalMails.Journal], mail, ct);
    }

    /// <summary>Waits until every receipt has its row and the spool is empty, the archiver's last step but one.</summary>
    private async Task ArchivedAsync(string connectionString, CancellationToken ct)
    {
        var storage = new DepotStorage(new StorageOptions(connectionString, Archive: ""), new RequestCounter(), []);
        while (await storage.Receipts.QueryAsync<Azure.Data.Tables.TableEntity>(cancellationToken: ct).CountAsync(ct) < plan.LargeMails
            || await storage.Spool.GetBlobsAsync(cancellationToken: ct).AnyAsync(ct))
        {
            if (await storage.Quarantine.GetBlobsAsync(cancellationToken: ct).AnyAsync(ct))
            {
                throw new BrokenRunException("A large mail is in quarantine.");
            }

            await Task.Delay(BetweenLooks, clock, ct);
        }
    }
}

/// <summary>Large mails at once in a depot of its own process. Peaks are <c>VmHWM</c>, the most it ever had resident.</summary>
/// <param name="Mails">At once.</param>
/// <param name="AttachmentBytes">Size of the base64 attachment of each.</param>
/// <param name="IdlePeakBytes">When it was ready.</param>
/// <param name="AcceptedPeakBytes">After the last 250.</param>
/// <param name="PeakBytes">When all were archived.</param>
/// <param name="AcceptedSeconds">From the first connection to the last 250.</param>
/// <param name="ArchivedSeconds">From the first connection to the last mail's end.</param>
internal sealed record MemoryFigures(
    int Mails,
    long AttachmentBytes,
    long IdlePeakBytes,
    long AcceptedPeakBytes,
    long PeakBytes,
    double AcceptedSeconds,
    double ArchivedSeconds);
