using System.Collections.Immutable;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Views;
using Spectre.Console;

namespace MailDepot.Host.Up;

/// <summary>
/// A live picture of the depot: connectors, queue, mailboxes, archive containers with their counts, latest mails and events.
/// </summary>
/// <remarks>
/// Reads storage about once a second, at the cost of one `status` per second. While storage does not answer, it shows the last
/// known state.
/// </remarks>
internal sealed class LivePicture(IServiceProvider services, string connectors)
{
    private const int LastEvents = 10;
    private const int LastMails = 5;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Queue<DepotEvent> last = [];
    private DepotPicture picture = new(connectors, default);

    /// <summary>Draws until <paramref name="stopping"/>.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        services.GetRequiredService<DepotEvents>().Written += (_, e) => Remember(e);
        using var beat = new PeriodicTimer(Beat, services.GetRequiredService<TimeProvider>());
        await AnsiConsole.Live(Draw()).AutoClear(true).StartAsync(async live =>
        {
            try
            {
                do
                {
                    await ReadAsync(stopping);
                    live.UpdateTarget(Draw());
                }
                while (await beat.WaitForNextTickAsync(stopping));
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // the picture is removed, and the last lines are printed
            }
        });
    }

    private async Task ReadAsync(CancellationToken ct)
    {
        try
        {
            picture = picture with
            {
                Status = await services.GetRequiredService<StatusView>().ReadAsync(ct),
                Mailboxes = await services.GetRequiredService<MailboxesView>().ListAsync(ct),
                Mails = await services.GetRequiredService<IndexReader>().ListAsync(null, LastMails, null, ct),
                Trouble = null,
            };
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            picture = picture with { Trouble = $"Not up to date: {Failure.Describe(failure)}." };
        }
    }

    private void Remember(DepotEvent e)
    {
        if (e.Kind is EventKind.Step)
        {
            return;
        }

        lock (gate)
        {
            last.Enqueue(e);
            if (last.Count > LastEvents)
            {
                last.Dequeue();
            }
        }
    }

    private Rows Draw()
    {
        ImmutableArray<DepotEvent> events;
        lock (gate)
        {
            events = [.. last];
        }

        return (picture with { Now = services.GetRequiredService<TimeProvider>().GetUtcNow(), Events = events })
            .Draw(AnsiConsole.Profile.Width);
    }
}
