using System.Collections.Concurrent;
using System.Security.Cryptography;
using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Host.Smtp;
using MailDepot.Mail;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Demo;

/// <summary>Sends the samples through real SMTP and follows each to where it belongs.</summary>
internal sealed class DemoRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly IServiceProvider services;
    private readonly Action<string> say;
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<DepotEvent>> ends = new();

    public DemoRun(IServiceProvider services, Action<string> say)
    {
        (this.services, this.say) = (services, say);
        services.GetRequiredService<DepotEvents>().Written += (_, e) =>
        {
            if (e.Kind is EventKind.Archived or EventKind.Duplicate or EventKind.Quarantined)
            {
                End(e.Id).TrySetResult(e);
            }
        };
    }

    /// <summary>True once every sample is where it belongs; false, with a message, if one is not after a minute.</summary>
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
            say($"After {Limit.TotalSeconds:0} s not every sample is where it belongs: `maildepot status` shows what is waiting.");
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
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

    /// <summary>Checks that the receipt returns exactly the bytes sent; a repeated delivery was folded into one that does.</summary>
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
            await using var raw = await reader.OpenRawAsync(receipt, ct);
            if (Digest.FromHash(await SHA256.HashDataAsync(raw, ct)) == Digest.Of(sample.Bytes().Span))
            {
                return true;
            }
        }

        say($"The sample {sample.Name} is not where it belongs: {end.Text}");
        return false;
    }

    private TaskCompletionSource<DepotEvent> End(Guid id) =>
        ends.GetOrAdd(id, _ => new TaskCompletionSource<DepotEvent>(TaskCreationOptions.RunContinuationsAsynchronously));
}
