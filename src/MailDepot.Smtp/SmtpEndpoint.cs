using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using MailDepot.Mail;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>Makes a mail durable before it returns.</summary>
/// <remarks>
/// The whole contract between the receiver and the store. Read <paramref name="mail"/> to its end and return the ticket: the
/// client gets 250 and forgets the mail. Throw anything: the client gets 451, or 452 for <see cref="StorageFullException"/>,
/// and sends the mail again. An exception from <paramref name="mail"/> itself (too large, client gone or slow) must
/// propagate, and nothing may be stored.
/// </remarks>
/// <param name="source">The envelope.</param>
/// <param name="mail">The bytes as received; asynchronous, forward only.</param>
/// <param name="cancel">The host no longer waits.</param>
/// <returns>The ticket's id, which the reply contains.</returns>
public delegate Task<Guid> AcceptMail(SmtpSource source, Stream mail, CancellationToken cancel);

/// <summary>The store has no room left.</summary>
public sealed class StorageFullException(Exception cause) : Exception("Storage is full.", cause);

/// <summary>Records the outcome of a session in the live log; must return quickly.</summary>
/// <param name="ticket">The mail's ticket if it is durable; otherwise empty.</param>
/// <param name="sentence">One sentence.</param>
public delegate void RecordSession(Guid ticket, string sentence);

/// <summary>What all sessions of one endpoint share.</summary>
/// <param name="Policy">Which clients may send.</param>
/// <param name="Limits">Sizes, counts and timeouts.</param>
/// <param name="Decide">Knows the recipients.</param>
/// <param name="Accept">Stores a mail.</param>
/// <param name="Clock">Measures timeouts.</param>
/// <param name="Log">Gets a line for each mail that could not be stored.</param>
public sealed record SmtpEndpoint(
    SmtpPolicy Policy, SmtpLimits Limits, DecideRecipient Decide, AcceptMail Accept, TimeProvider Clock, ILogger Log)
{
    /// <summary>Performs TLS handshakes; null: STARTTLS is not offered.</summary>
    public SmtpTls? Tls { get; init; }

    /// <summary>Records sessions in the live log; null: they are not recorded.</summary>
    public RecordSession? RecordSession { get; init; }

    /// <summary>
    /// Networks of the proxies whose connections start with a PROXY header (<see cref="ProxyHeader"/>); it is not expected
    /// from anyone else.
    /// </summary>
    public ImmutableArray<IPNetwork> Proxies { get; init; } = [];

    /// <summary>One thread (the Host's event loop) serves all connections inline: long or endless work must leave it.</summary>
    public bool OneThread { get; init; }

    /// <summary>Counts and limits connections.</summary>
    public ConnectionGate Gate { get; } = new(Policy, Limits);

    private LogThrottle Rejections { get; } = new(Clock);

    /// <summary>Memory shared by the mails in transit.</summary>
    public MemoryBudget Memory { get; } = new(Limits.MemoryBytes, Clock);

    /// <summary>Records a client that was rejected before it sent a command, at most once a minute per address.</summary>
    public void RecordRejected(string address, string sentence)
    {
        if (RecordSession is { } record && Rejections.TryLog(address))
        {
            record(Guid.Empty, sentence);
        }
    }

    /// <summary>Lets other connections run: what follows continues on the thread pool, where it does not already.</summary>
    internal ConfiguredTaskAwaitable YieldAsync() =>
        Task.CompletedTask.ConfigureAwait(OneThread ? ConfigureAwaitOptions.ForceYielding : ConfigureAwaitOptions.None);
}
