using System.Collections.Immutable;
using MailDepot.Events;
using MailDepot.Host.Commands;
using MailDepot.Index;
using MailDepot.Pop3;
using MailDepot.Spool;
using MailDepot.Storage;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MailDepot.Host.Up;

/// <summary>The depot as a picture that moves: connectors, queue, mailboxes, archive containers with rising counts, last mails, last events.</summary>
/// <remarks>Reads storage about once a second, so it costs what a `status` a second costs; while storage does not answer it shows what it knew.</remarks>
internal sealed class LivePicture(IServiceProvider services, string connectors)
{
    private const int LastEvents = 10;
    private const int LastMails = 5;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Queue<DepotEvent> last = [];
    private DepotStatus? status;
    private ImmutableArray<Mailbox> mailboxes = [];
    private MailPage mails = new([], null);
    private string? trouble;

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
                // the picture is taken away, and the last lines are printed
            }
        });
    }

    private async Task ReadAsync(CancellationToken ct)
    {
        try
        {
            status = await DepotStatus.ReadAsync(services.GetRequiredService<DepotStorage>(), services.GetRequiredService<Counts>(), ct);
            mailboxes = await services.GetRequiredService<MailboxDirectory>().ListAsync(ct);
            mails = await services.GetRequiredService<IndexReader>().ListAsync(null, LastMails, null, ct);
            trouble = null;
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            trouble = $"Not up to date: {Failure.Words(failure)}.";
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
        var queue = status?.Queue ?? new QueueView(0, null, 0, 0);
        List<IRenderable> collected = mailboxes.IsEmpty ? [] : [MailboxTables.List(mailboxes, services.GetRequiredService<TimeProvider>().GetUtcNow()), new Text("")];
        List<IRenderable> parts =
        [
            new Text(connectors),
            new Text($"queue about {queue.Depth}   spool {queue.Spooled}   quarantine {queue.Quarantined}   Ctrl-C stops"),
            new Text(trouble ?? ""),
            ContainerTable.Make(status?.Containers ?? new Dictionary<string, ContainerCount>(StringComparer.Ordinal)),
            new Text(""),
            .. collected,
            ListCommand.Table(mails, roles: false),
            new Text(""),
        ];
        lock (gate)
        {
            parts.AddRange(last.Select(e => new Text(UpScreen.Line(e)) { Overflow = Overflow.Ellipsis }));
        }

        return new Rows(parts);
    }
}
