using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>Our endpoint and others in turn: within a round, the load from other programs is about the same for all.</summary>
internal sealed class SmtpRun(Receivers receivers, AzuriteProgram azurite, SmtpPlan plan, TimeProvider clock, Action<string> say)
{
    private readonly ConcurrentDictionary<(string, SmtpPoint), double> lastRate = new();

    public async Task<ImmutableArray<PointFigures>> NullSpoolAsync(CancellationToken ct)
    {
        await using var sink = await receivers.SinkAsync(ct);
        await using var server = await receivers.SmtpServerAsync(ct);
        await using var depot = await receivers.NullSpoolAsync(tls: false, ct);
        var rounds = Points().ToDictionary(point => point, _ => new List<(double Sink, double Server, double Depot)>());
        for (var round = 0; round <= plan.Rounds; round++)
        {
            foreach (var (point, done) in rounds)
            {
                var one = (
                    Sink: await RateAsync(sink, point, ct),
                    Server: await RateAsync(server, point, ct),
                    Depot: await RateAsync(depot, point, ct));
                if (round > 0)
                {
                    done.Add(one); // round 0 only estimates the speeds
                    var rates = FormattableString.Invariant(
                        $"smtp-sink {one.Sink:0}, smtp-server {one.Server:0}, null spool {one.Depot:0} mails/s");
                    say($"round {round}: {point}: {rates}");
                }
            }
        }

        return [.. rounds.Select(pair => new PointFigures(
            pair.Key,
            Median(pair.Value.Select(one => one.Sink)),
            Median(pair.Value.Select(one => one.Server)),
            Median(pair.Value.Select(one => one.Depot)),
            Median(pair.Value.Select(one => one.Depot / one.Sink)),
            [.. pair.Value.Select(one => one.Depot / one.Sink)]))];
    }

    /// <summary>Plain and with STARTTLS; smtp-sink has no TLS.</summary>
    public async Task<ImmutableArray<TlsFigures>> TlsAsync(CancellationToken ct)
    {
        await using var server = await receivers.SmtpServerAsync(ct);
        await using var depot = await receivers.NullSpoolAsync(tls: true, ct);
        var figures = ImmutableArray.CreateBuilder<TlsFigures>();
        foreach (var point in Points())
        {
            var one = new TlsFigures(
                point,
                await TlsRateAsync(depot, point, tls: false, ct),
                await TlsRateAsync(depot, point, tls: true, ct),
                await TlsRateAsync(server, point, tls: true, ct));
            var rates = FormattableString.Invariant(
                $"plain {one.Plain:0}, TLS {one.Tls:0}, smtp-server with TLS {one.SmtpServerTls:0} mails/s");
            say($"MailKit: {point}: {rates}");
            figures.Add(one);
        }

        return figures.ToImmutable();
    }

    public async Task<ImmutableArray<StorageFigures>> StorageAsync(CancellationToken ct)
    {
        var rounds = Points().ToDictionary(point => point, _ => new List<(double Puts, double Depot)>());
        for (var round = 1; round <= plan.Rounds; round++)
        {
            foreach (var (point, done) in rounds)
            {
                var one = await StorageRoundAsync(point, ct);
                done.Add(one);
                say(FormattableString.Invariant($"round {round}: {point}: raw puts {one.Puts:0}, with storage {one.Depot:0} mails/s"));
            }
        }

        return [.. rounds.Select(pair => new StorageFigures(
            pair.Key,
            Median(pair.Value.Select(one => one.Puts)),
            Median(pair.Value.Select(one => one.Depot)),
            Median(pair.Value.Select(one => one.Depot / one.Puts)),
            [.. pair.Value.Select(one => one.Depot / one.Puts)]))];
    }

    /// <summary>Memory over many mails on reused connections.</summary>
    public async Task<FlatFigures> FlatAsync(CancellationToken ct)
    {
        await using var depot = await receivers.NullSpoolAsync(tls: false, ct);
        var point = new SmtpPoint(plan.Kilobytes[0], plan.Sessions[^1], Reused: true);
        await SourceLoad.RunAsync(point, depot.Port, plan.FlatMails / 10, clock, ct);
        var early = depot.Bytes;
        await SourceLoad.RunAsync(point, depot.Port, plan.FlatMails - (plan.FlatMails / 10), clock, ct);
        return new FlatFigures(plan.FlatMails, early, depot.Bytes);
    }

    /// <summary>Memory while large mails are sent, all but their end, and storage receives them block by block.</summary>
    public async Task<UnfinishedFigures> UnfinishedAsync(CancellationToken ct)
    {
        await using var storage = await FreshAzurite.StartAsync(azurite, clock, ct);
        await using var depot = await receivers.DepotAsync(storage.ConnectionString(AzuriteAccount.Development.Name), ct);
        var idle = depot.PeakBytes;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sent = Enumerable.Range(0, plan.Unfinished).Select(number => UnfinishedMail(depot.Port, number, over.Token)).ToList();
        await Task.WhenAll(sent.Select(mail => mail.Sent));
        var peak = depot.PeakBytes;
        await over.CancelAsync();
        await Task.WhenAll(sent.Select(mail => mail.Delivery)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new UnfinishedFigures(plan.Unfinished, plan.UnfinishedBytes, idle, peak);
    }

    private (Task Sent, Task Delivery) UnfinishedMail(int port, int number, CancellationToken over)
    {
        var pipe = new Pipe();
        var mail = pipe.Reader.AsStream();
        return (WriteAsync(), SmtpClient.SendAsync("127.0.0.1", port, SourceLoad.Sender, [SourceLoad.Recipient], mail, over));

        async Task WriteAsync()
        {
            var random = new Random(number);
            var noise = new byte[57_000];
            await pipe.Writer.WriteAsync("Subject: large\r\n\r\n"u8.ToArray(), over);
            for (long written = 0; written < plan.UnfinishedBytes;)
            {
                random.NextBytes(noise);
                var block = Encoding.ASCII.GetBytes(Convert.ToBase64String(noise, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
                await pipe.Writer.WriteAsync(block, over);
                written += block.Length;
            }
        }
    }

    private async Task<(double Puts, double Depot)> StorageRoundAsync(SmtpPoint point, CancellationToken ct)
    {
        var mails = point.Sessions == 1 ? plan.StoredMails / 3 : plan.StoredMails;
        byte[] message;
        double rate;
        await using (var storage = await FreshAzurite.StartAsync(azurite, clock, ct))
        {
            var account = storage.ConnectionString(AzuriteAccount.Development.Name);
            await using var depot = await receivers.DepotAsync(account, ct);
            var queue = Open(account).ArchiveQueue;
            await SourceLoad.RunAsync(point with { Sessions = 1 }, depot.Port, 1, clock, ct);
            message = (await queue.PeekMessageAsync(ct)).Value.Body.ToArray(); // of one mail alone
            await SourceLoad.RunAsync(point with { Sessions = plan.Sessions[^1] }, depot.Port, plan.WarmMails, clock, ct);
            await queue.ClearMessagesAsync(ct);
            rate = mails / (await SourceLoad.RunAsync(point, depot.Port, mails, clock, ct)).TotalSeconds;
            await AllAreOnAsync(queue, mails, ct);
        }

        await using var fresh = await FreshAzurite.StartAsync(azurite, clock, ct);
        var puts = Open(fresh.ConnectionString(AzuriteAccount.Development.Name)).ArchiveQueue;
        await puts.CreateIfNotExistsAsync(cancellationToken: ct);
        await PutAsync(plan.WarmPuts);
        await puts.ClearMessagesAsync(ct);
        var began = clock.GetTimestamp();
        await PutAsync(mails);
        return (mails / clock.GetElapsedTime(began).TotalSeconds, rate);

        Task PutAsync(int count) => Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = point.Sessions, CancellationToken = ct },
            async (_, token) => await puts.SendMessageAsync(
                BinaryData.FromBytes(message), timeToLive: StorageLimits.NeverExpires, cancellationToken: token));
    }

    /// <summary>Checks that every mail with a 250 reply has its ticket on the queue.</summary>
    private static async Task AllAreOnAsync(QueueClient queue, int mails, CancellationToken ct)
    {
        var tickets = 0;
        for (var some = await NextAsync(); some.Length > 0; some = await NextAsync())
        {
            tickets += some.Sum(message => TicketBundle.Unpack(message.Body.ToMemory()).Count);
        }

        if (tickets != mails)
        {
            throw new BrokenRunException($"{mails} mails got a 250 reply, but {tickets} are on the queue.");
        }

        async Task<QueueMessage[]> NextAsync()
        {
            var hidden = TimeSpan.FromHours(1); // so long that no message comes twice
            return (await queue.ReceiveMessagesAsync(queue.MaxPeekableMessages, hidden, ct)).Value;
        }
    }

    private static DepotStorage Open(string account) => new(new StorageOptions(account, Archive: ""), new RequestCounter(), []);

    private async Task<double> RateAsync(Receiver receiver, SmtpPoint point, CancellationToken ct)
    {
        var mails = lastRate.TryGetValue((receiver.Name, point), out var last) ? Mails(last) : point.Sessions * 10;
        var rate = mails / (await SourceLoad.RunAsync(point, receiver.Port, mails, clock, ct)).TotalSeconds;
        lastRate[(receiver.Name, point)] = rate;
        return rate;
    }

    private async Task<double> TlsRateAsync(Receiver receiver, SmtpPoint point, bool tls, CancellationToken ct)
    {
        var first = point.Sessions * 10;
        var mails = Mails(first / (await TlsLoad.RunAsync(point, receiver.Port, first, tls, clock, ct)).TotalSeconds);
        return mails / (await TlsLoad.RunAsync(point, receiver.Port, mails, tls, clock, ct)).TotalSeconds;
    }

    private int Mails(double rate) => (int)Math.Max(rate * plan.Measured.TotalSeconds, 20);

    private IEnumerable<SmtpPoint> Points() =>
        from kilobytes in plan.Kilobytes
        from sessions in plan.Sessions
        from reused in plan.Reused
        select new SmtpPoint(kilobytes, sessions, reused);

    private static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
