using System.Text.Json;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Pop3;

/// <summary>A message on the queue <c>pop3-poll</c>: <c>{"v":1,"mailbox":"office"}</c>, please collect it.</summary>
/// <param name="V">The format's version.</param>
/// <param name="Mailbox">The mailbox's name in the configuration.</param>
internal sealed record PollMessage(int V, string Mailbox)
{
    private const int Version = 1;

    /// <summary>Asks for a collection. The message lives for one interval: the next one asks again.</summary>
    public static async Task PutAsync(DepotStorage storage, MailboxOptions mailbox, CancellationToken ct)
    {
        var message = JsonSerializer.SerializeToUtf8Bytes(new PollMessage(Version, mailbox.Name), DepotJson.Options);
        await storage.Pop3Queue.SendMessageAsync(BinaryData.FromBytes(message), timeToLive: mailbox.Interval, cancellationToken: ct);
    }

    /// <summary>The mailbox that a message names; null if it is no poll message.</summary>
    /// <exception cref="NotYetException">It is of a later version: left for a worker that knows it, or to expire.</exception>
    public static string? MailboxIn(ReadOnlySpan<byte> message)
    {
        try
        {
            return JsonSerializer.Deserialize<PollMessage>(message, DepotJson.Options) switch
            {
                { V: > Version } later => throw new NotYetException($"A poll message has version {later.V} and this worker reads version {Version}: it waits for one that is up to date."),
                { V: Version, Mailbox.Length: > 0 } poll => poll.Mailbox,
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
