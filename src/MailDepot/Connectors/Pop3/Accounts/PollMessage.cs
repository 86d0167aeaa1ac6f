using System.Text.Json;
using MailDepot.Base;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>A request on the queue <c>pop3-poll</c> to collect a mailbox: <c>{"v":1,"mailbox":"office"}</c>.</summary>
/// <param name="V">Version of the format.</param>
/// <param name="Now">Requested by hand: collect it even while failed logins pause it.</param>
internal sealed record PollMessage(int V, string Mailbox, bool? Now = null)
{
    private const int Version = 1;

    /// <summary>
    /// Lifetime of a request that nothing repeats: Functions may poll a queue only every 30 s (<c>maxPollingInterval</c> of
    /// <c>host.json</c>), and all its workers may be busy with visits.
    /// </summary>
    private static readonly TimeSpan OnceLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Shortest lifetime of a scheduled request: a Functions app scaled to zero may need two minutes to start.</summary>
    private static readonly TimeSpan MinLifetime = TimeSpan.FromMinutes(3);

    /// <summary>Delay of a request made while a visit is running.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    /// <summary>Requests a collection by schedule. The message lives for one interval, because then the next request follows.</summary>
    public static Task PutAsync(DepotStorage storage, MailboxOptions mailbox, CancellationToken ct) =>
        PutAsync(storage, new(Version, mailbox.Name), mailbox.Interval > MinLifetime ? mailbox.Interval : MinLifetime, TimeSpan.Zero, ct);

    /// <summary>Requests a collection that nothing else would request again.</summary>
    /// <param name="now">Requested by hand.</param>
    /// <param name="later">Not at once, because a visit is running that does not know about this request.</param>
    public static Task PutOnceAsync(DepotStorage storage, string mailbox, bool now, bool later, CancellationToken ct) =>
        PutAsync(storage, new(Version, mailbox, now ? true : null), OnceLifetime, later ? RetryDelay : TimeSpan.Zero, ct);

    private static async Task PutAsync(DepotStorage storage, PollMessage poll, TimeSpan lifetime, TimeSpan delay, CancellationToken ct)
    {
        var message = BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(poll, DepotJson.Options));
        await storage.Pop3Queue.SendMessageAsync(message, delay, lifetime, ct);
    }

    /// <summary>Parses a message; null if it is not a poll message.</summary>
    /// <exception cref="NotYetException">It has a later version: it is left for a newer worker, or expires.</exception>
    public static PollMessage? Read(ReadOnlySpan<byte> message)
    {
        try
        {
            return JsonSerializer.Deserialize<PollMessage>(message, DepotJson.Options) switch
            {
                { V: > Version } later => throw new NotYetException(
                    $"A poll message has version {later.V}, and this worker reads version {Version}: it waits for a newer worker."),
                { V: Version, Mailbox.Length: > 0 } poll => poll,
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
