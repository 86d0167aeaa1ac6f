using System.Collections.Concurrent;
using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Host.Commands;
using MailDepot.Host.Smtp;
using MailDepot.Host.Terminal;
using MailDepot.Host.Up;
using MailDepot.Index;
using MailDepot.Mail;
using MailDepot.Views;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Demo;

/// <summary>Sends the samples through real SMTP and follows each to where it belongs.</summary>
internal sealed class DemoRun
{
    private const int NewestShown = 6;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly IServiceProvider services;
    private readonly UpScreen screen;
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<DepotEvent>> ends = new();

    public DemoRun(IServiceProvider services, UpScreen screen)
    {
        (this.services, this.screen) = (services, screen);
        services.GetRequiredService<DepotEvents>().Written += (_, e) =>
        {
            if (e.Kind is EventKind.Archived or EventKind.Duplicate or EventKind.Quarantined)
            {
                End(e.Id).TrySetResult(e);
            }
        };
    }

    /// <summary>True once every sample is where it belongs; false, and told, if one is not after a minute.</summary>
    public async Task<bool> RunAsync(CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(Limit);
        try
        {
            var deliveries = await DeliverAsync(limit.Token);
            var right = true;
            foreach (var (sample, id) in deliveries)
            {
                right &= await ArrivedAsync(sample, id, limit.Token);
            }

            return right;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            screen.Say($"After {Limit.TotalSeconds:0} s not every sample is where it belongs: `maildepot status` tells what waits.");
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>What there is now, and what to try next.</summary>
    public async Task ShowPictureAsync(UpSettings settings, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return;
        }

        var status = await services.GetRequiredService<StatusView>().ReadAsync(ct);
        var page = await services.GetRequiredService<IndexReader>().ListAsync(null, NewestShown, null, ct);
        screen.Show(() =>
        {
            Console.WriteLine();
            StatusText.Print(status, services.GetRequiredService<TimeProvider>().GetUtcNow());
            Console.WriteLine();
            Console.WriteLine("Newest mails");
            ListCommand.Print(page with { Next = null }, roles: false);
            if (!settings.Exit && page.Mails.Count > 0)
            {
                PrintNextSteps(CommandHints.Call(settings), page.Mails[0].Id);
            }
        });
    }

    private void PrintNextSteps(string call, Guid newest)
    {
        var port = services.GetRequiredService<IOptions<DepotOptions>>().Value.Smtp.Port;
        Console.WriteLine();
        Console.WriteLine("Try next, in another terminal:");
        Console.WriteLine($"  {call} status");
        Console.WriteLine($"  {call} list --participant {Samples.WellKnown}");
        Console.WriteLine($"  {call} show {newest:D}");
        Console.WriteLine($"  {call} get {newest:D} --output mail.eml");
        Console.WriteLine($"  {call} receipt raw {newest:D} --output received.eml");
        Console.WriteLine($"  swaks --server 127.0.0.1:{port} --from you@example.com --to archive@example.com");
        Console.WriteLine();
        Console.WriteLine("Ctrl-C stops the depot; its data stays, and the next `up` goes on with it.");
    }

    private async Task<List<(Sample Sample, Guid Id)>> DeliverAsync(CancellationToken ct)
    {
        var port = services.GetRequiredService<IOptions<DepotOptions>>().Value.Smtp.Port;
        var deliveries = new List<(Sample, Guid)>();
        await using var smtp = await SmtpClient.ConnectAsync("127.0.0.1", port, ct);
        foreach (var sample in Samples.All)
        {
            for (var i = 0; i < sample.Deliveries; i++)
            {
                var reply = await smtp.SendAsync(sample.From, sample.To, sample.Bytes(), ct);
                deliveries.Add((sample, Guid.Parse(reply[(reply.LastIndexOf(' ') + 1)..])));
            }
        }

        await smtp.QuitAsync(ct);
        return deliveries;
    }

    /// <summary>The receipt gives back the very octets that were sent; a repeated delivery was folded into one that does.</summary>
    private async Task<bool> ArrivedAsync(Sample sample, Guid id, CancellationToken ct)
    {
        var end = await End(id).Task.WaitAsync(ct);
        if (end.Kind is EventKind.Duplicate)
        {
            return true;
        }

        var reader = services.GetRequiredService<ArchiveReader>();
        if (end.Kind is EventKind.Archived && await reader.FindAsync(id, ct) is { } receipt)
        {
            await using var digest = new DigestStream(Stream.Null);
            await reader.WriteRawAsync(receipt, digest, ct);
            if (digest.Sha256 == Digest.Of(sample.Bytes().Span))
            {
                return true;
            }
        }

        screen.Say($"The sample {sample.Name} is not where it belongs: {end.Text}");
        return false;
    }

    private TaskCompletionSource<DepotEvent> End(Guid id) =>
        ends.GetOrAdd(id, _ => new TaskCompletionSource<DepotEvent>(TaskCreationOptions.RunContinuationsAsynchronously));
}
