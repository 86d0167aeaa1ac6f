using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using MailDepot.Mail;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>The store has no room left: the client gets 452 and sends the mail again.</summary>
public sealed class StorageFullException(Exception cause) : Exception("Storage is full.", cause);

/// <summary>Records the outcome of a session in the live log; must return quickly.</summary>
/// <param name="ticket">The mail's ticket if it is durable; otherwise empty.</param>
/// <param name="sentence">One sentence.</param>
public delegate void RecordSession(Guid ticket, string sentence);

/// <summary>What all sessions of one endpoint share.</summary>
/// <param name="Policy">Which clients may send.</param>
/// <param name="Limits">Sizes, counts and timeouts.</param>
/// <param name="Decide">Knows the recipients.</param>
/// <param name="Accept">Stores a mail. The client gets its ticket with 250; after any exception it gets 451 or 452.</param>
/// <param name="Clock">Measures timeouts.</param>
/// <param name="Log">Gets a line for each mail that could not be stored.</param>
public sealed record SmtpEndpoint(
    SmtpPolicy Policy, SmtpLimits Limits, DecideRecipient Decide, AcceptMail<SmtpSource> Accept, TimeProvider Clock, ILogger Log)
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
