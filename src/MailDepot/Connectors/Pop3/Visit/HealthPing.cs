using System.Collections.Concurrent;
using MailDepot.Events;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>
/// Calls a mailbox's <see cref="MailboxOptions.HealthUrl"/> after each successful collection. A monitor at that address notices when
/// the calls stop for whatever reason, even if this machine can't send mail any more.
/// </summary>
/// <remarks>A failed call is not a failure of the collection, which is over by then.</remarks>
public sealed class HealthPing(DepotEvents events, TimeProvider clock) : IDisposable
{
    /// <summary>For the whole call. It is awaited, because on Azure what a function leaves running may be lost.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A mailbox's failing calls are logged once in this time, by each process.</summary>
    private static readonly TimeSpan LogInterval = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> logged = new(StringComparer.Ordinal);

    /// <summary>Without redirects, which could carry a secret path elsewhere, and untraced, so that no exporter sees the address.</summary>
    private readonly HttpClient http =
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestHeaders = { { "User-Agent", "MailDepot" } },
        };

    /// <summary>Calls the mailbox's address, if it has one. Never throws.</summary>
    public async Task CallAsync(MailboxOptions mailbox, CancellationToken ct)
    {
        if (mailbox.HealthUrl.Length > 0 && await TryAsync(mailbox.HealthUrl, ct) is { } failure)
        {
            Log(mailbox, failure);
        }
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    /// <returns>What went wrong, as the end of a sentence; null if nothing did, or the process is stopping.</returns>
    private async Task<string?> TryAsync(string address, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            using var response = await http.GetAsync(new Uri(address), HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return response.IsSuccessStatusCode ? null : $"answered {(int)response.StatusCode}";
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
        if (logged.TryGetValue(mailbox.Name, out var last) && now - last < LogInterval)
        {
            return;
        }

        logged[mailbox.Name] = now;
        events.Write(
            EventKind.Warned, Guid.Empty,
            $"Mailbox {mailbox.Name} was collected, but its health-check address {mailbox.ShownHealthUrl} {failure}. "
            + "Check HealthUrl, and whether this machine can reach it; each collection calls it again, and this is logged once a day.");
    }
}
