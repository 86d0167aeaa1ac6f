using System.Text.Json;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Pop3;

/// <summary>A message on the queue <c>pop3-poll</c>: <c>{"v":1,"mailbox":"office"}</c>, please collect it.</summary>
/// <param name="V">The format's version.</param>
/// <param name="Mailbox">The mailbox's name in the configuration.</param>
/// <param name="Now">A person asks: also while failed logins pause it.</param>
internal sealed record PollMessage(int V, string Mailbox, bool? Now = null)
{
    private const int Version = 1;

    /// <summary>Asks for a collection. The message lives for one interval: the next one asks again.</summary>
    /// <param name="now">A person asks.</param>
    public static async Task PutAsync(DepotStorage storage, MailboxOptions mailbox, bool now, CancellationToken ct)
    {
        var message = JsonSerializer.SerializeToUtf8Bytes(new PollMessage(Version, mailbox.Name, now ? true : null), DepotJson.Options);
        await storage.Pop3Queue.SendMessageAsync(BinaryData.FromBytes(message), timeToLive: mailbox.Interval, cancellationToken: ct);
    }

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
