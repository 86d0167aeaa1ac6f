using System.Text.Json;
using MailDepot.Base;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>A message on the queue <c>pop3-poll</c>: <c>{"v":1,"mailbox":"office"}</c>, please collect it.</summary>
/// <param name="V">The format's version.</param>
/// <param name="Mailbox">The mailbox's name in the configuration.</param>
/// <param name="Now">A person asks: also while failed logins pause it.</param>
internal sealed record PollMessage(int V, string Mailbox, bool? Now = null)
{
    private const int Version = 1;

    /// <summary>
    /// What is asked for once lives at least so long: Functions may look at a queue every 30 s only (<c>maxPollingInterval</c>
    /// of <c>host.json</c>), and its workers may have a visit each.
    /// </summary>
    private static readonly TimeSpan Once = TimeSpan.FromMinutes(10);

    /// <summary>What the schedule asks for lives at least so long: Functions whose instance was taken down may need two minutes to look.</summary>
    private static readonly TimeSpan Scheduled = TimeSpan.FromMinutes(3);

    /// <summary>After this a person's poll that met a visit tries again.</summary>
    private static readonly TimeSpan AfterAVisit = TimeSpan.FromSeconds(5);

    /// <summary>Asks for a collection by the schedule. The message lives for one interval, if that is not too short: the next one asks again.</summary>
    public static Task PutAsync(DepotStorage storage, MailboxOptions mailbox, CancellationToken ct) =>
        PutAsync(storage, new(Version, mailbox.Name), mailbox.Interval > Scheduled ? mailbox.Interval : Scheduled, TimeSpan.Zero, ct);

    /// <summary>Asks for a collection that nothing asks for again.</summary>
    /// <param name="now">A person asks.</param>
    /// <param name="later">Not at once: a visit is under way, and it began without knowing.</param>
    public static Task PutOnceAsync(DepotStorage storage, string mailbox, bool now, bool later, CancellationToken ct) =>
        PutAsync(storage, new(Version, mailbox, now ? true : null), Once, later ? AfterAVisit : TimeSpan.Zero, ct);

    private static async Task PutAsync(DepotStorage storage, PollMessage poll, TimeSpan life, TimeSpan after, CancellationToken ct) => await storage.Pop3Queue.SendMessageAsync(
        BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(poll, DepotJson.Options)), after, life, ct);

    /// <summary>The poll that a message asks for; null if it is no poll message.</summary>
    /// <exception cref="NotYetException">It is of a later version: left for a worker that knows it, or to expire.</exception>
    public static PollMessage? Read(ReadOnlySpan<byte> message)
    {
        try
        {
            return JsonSerializer.Deserialize<PollMessage>(message, DepotJson.Options) switch
            {
                { V: > Version } later => throw new NotYetException($"A poll message has version {later.V} and this worker reads version {Version}: it waits for one that is up to date."),
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
