using System.Collections.Concurrent;
using MailDepot.Events;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>
/// GETs a mailbox's <see cref="MailboxOptions.HealthUrl"/> after each collection that went well. Who watches that address
/// notices when the calls stop, whatever stopped them: also what could send no mail any more.
/// </summary>
/// <remarks>A call that fails is no failure of the collection, which is over by then.</remarks>
public sealed class HealthPing(DepotEvents events, TimeProvider clock) : IDisposable
{
    /// <summary>For the whole call. The worker that collected waits for it: on Azure what a function leaves behind may never run.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A mailbox's calls that fail are logged once in this time, by each process for itself.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> logged = new(StringComparer.Ordinal);

    /// <summary>No redirects: they would carry a secret path elsewhere. Nothing that traces sees the address either, so no exporter has it.</summary>
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { { "User-Agent", "MailDepot" } },
    };

    /// <summary>What people may see of an address, <c>https://ping.example.com/…</c>: the rest is often its secret.</summary>
    public static string Shown(string address) => Uri.TryCreate(address, UriKind.Absolute, out var url) ? $"{url.GetLeftPart(UriPartial.Scheme)}{url.Authority}/…" : "…";

    /// <summary>Calls the mailbox's address, if it has one. Throws nothing.</summary>
    public async Task CallAsync(MailboxOptions mailbox, CancellationToken ct)
    {
        if (mailbox.HealthUrl.Length > 0 && await TryAsync(mailbox.HealthUrl, ct) is { } failure)
        {
            Log(mailbox, failure);
        }
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    /// <returns>What went wrong, as the end of a sentence; null if nothing did, or the process stops.</returns>
    private async Task<string?> TryAsync(string address, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(CallTimeout, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        try
        {
            using var answer = await http.GetAsync(new Uri(address), HttpCompletionOption.ResponseHeadersRead, ended.Token);
            return answer.IsSuccessStatusCode ? null : $"answered {(int)answer.StatusCode}";
        }
        catch (OperationCanceledException)
        {
            return ct.IsCancellationRequested ? null : $"did not answer within {CallTimeout.TotalSeconds:0} seconds";
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException or UriFormatException)
        {
            return $"could not be called ({Failure.Describe(e)})";
        }
    }

    private void Log(MailboxOptions mailbox, string failure)
    {
        var now = clock.GetUtcNow();
        if (logged.TryGetValue(mailbox.Name, out var last) && now - last < Quiet)
        {
            return;
        }

        logged[mailbox.Name] = now;
        events.Write(
            EventKind.Warned, Guid.Empty,
            $"Mailbox {mailbox.Name} was collected, but its health-check address {Shown(mailbox.HealthUrl)} {failure}. Check HealthUrl, and whether this machine may reach it; each collection calls it again, and this is logged once a day.");
    }
}
