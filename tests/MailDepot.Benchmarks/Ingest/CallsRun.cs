using System.Collections.Immutable;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Finds the storage calls that a mail waits for one after another, from mails that are sent one at a time.</summary>
internal sealed class CallsRun(AzuriteProgram program, TimeProvider clock)
{
    /// <summary>The first mail creates the ledger file; no later mail waits for that.</summary>
    private const int Skipped = 1;

    private const int Mails = 15;

    public async Task<ImmutableArray<CallsFigures>> RunAsync(IEnumerable<int> kilobytes, CancellationToken ct)
    {
        await using var azurite = await FreshAzurite.StartAsync(program, clock, ct);
        var watch = new CallWatch(clock);
        var storage = azurite.ConnectionString(AzuriteAccount.Development.Name);
        await using var depot = await LoopbackDepot.StartAsync(storage, watch, ct);
        await using var smtp = await SmtpClient.ConnectAsync("127.0.0.1", depot.Port, ct);
        var figures = ImmutableArray.CreateBuilder<CallsFigures>();
        foreach (var size in kilobytes)
        {
            figures.Add(await MailsAsync(size));
        }

        return figures.ToImmutable();

        async Task<CallsFigures> MailsAsync(int size)
        {
            var mails = new JournalMails(size * 1_000);
            var seen = new List<CallsFigures>();
            for (var number = 1; number <= Skipped + Mails; number++)
            {
                var done = watch.NextMail();
                await smtp.SendAsync("", [JournalMails.Journal], mails.Make(number), ct);
                seen.Add(Of(size, await done.WaitAsync(ct)));
            }

            // The median: a call made in parallel may start so late that it seems to follow the others.
            return seen.Skip(Skipped).OrderBy(one => one.Connector.Length + one.Archiver.Length).ElementAt(Mails / 2);
        }
    }

    private static CallsFigures Of(int size, ImmutableArray<StorageCall> calls)
    {
        var put = calls.First(call => call.Name == CallWatch.QueuePut);
        return new CallsFigures(
            size,
            Chain(calls.Where(call => call.End <= put.End)),
            Chain(calls.Where(call => call.Start > put.End)));
    }

    /// <summary>The longest chain of calls that do not overlap: the next is always the one that ends first.</summary>
    private static ImmutableArray<string> Chain(IEnumerable<StorageCall> calls)
    {
        var chain = ImmutableArray.CreateBuilder<string>();
        var free = long.MinValue;
        foreach (var call in calls.OrderBy(call => call.End))
        {
            if (call.Start >= free)
            {
                chain.Add(call.Name);
                free = call.End;
            }
        }

        return chain.ToImmutable();
    }
}

/// <summary>The storage calls that a mail waits for, one after another.</summary>
/// <param name="Kilobytes">Size of the mail.</param>
/// <param name="Connector">From DATA to 250.</param>
/// <param name="Archiver">From the ticket's arrival to its end, without the queue get, which is shared and made in advance.</param>
internal sealed record CallsFigures(int Kilobytes, ImmutableArray<string> Connector, ImmutableArray<string> Archiver);
