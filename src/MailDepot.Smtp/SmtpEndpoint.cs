using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using MailDepot.Mail;
using Microsoft.Extensions.Logging;

namespace MailDepot.Smtp;

/// <summary>Makes a mail durable, for good, before it returns.</summary>
/// <remarks>
/// The whole contract between the receiver and what lies behind it. Read <paramref name="mail"/> to its end and return
/// the ticket: the client gets 250 and forgets the mail. Throw anything: the client gets 451 and sends it again, or 452 at
/// <see cref="StorageFullException"/>. An
/// exception out of <paramref name="mail"/> itself (too large, client gone or slow) must pass, and nothing be stored.
/// </remarks>
/// <param name="source">The envelope.</param>
/// <param name="mail">Asynchronous, forward only; octets as they came.</param>
/// <param name="cancel">The host's patience is over.</param>
/// <returns>The ticket's id, which the client gets to see.</returns>
public delegate Task<Guid> AcceptMail(SmtpSource source, Stream mail, CancellationToken cancel);

/// <summary>Whoever stores mails has no room for more.</summary>
public sealed class StorageFullException(Exception cause) : Exception("Storage is full.", cause);

/// <summary>Tells a person what a session came to, for the live log; must return quickly.</summary>
/// <param name="ticket">The mail's, once it is durable; else empty.</param>
/// <param name="sentence">One sentence.</param>
public delegate void TellSession(Guid ticket, string sentence);

/// <summary>What all sessions of one endpoint share.</summary>
/// <param name="Policy">Whose mail is taken.</param>
/// <param name="Limits">What a client is granted.</param>
/// <param name="Accept">Where mail goes.</param>
/// <param name="Clock">Measures patience.</param>
/// <param name="Log">One line for each mail that could not be stored.</param>
public sealed record SmtpEndpoint(SmtpPolicy Policy, SmtpLimits Limits, AcceptMail Accept, TimeProvider Clock, ILogger Log)
{
    /// <summary>How TLS begins; null: STARTTLS is not offered.</summary>
    public SmtpTls? Tls { get; init; }

    /// <summary>Who is told of sessions; null: nobody.</summary>
    public TellSession? Tell { get; init; }

    /// <summary>Networks of the proxies whose connections begin with a PROXY header (<see cref="ProxyHeader"/>); nobody else's is read for one.</summary>
    public ImmutableArray<IPNetwork> Proxies { get; init; } = [];

    /// <summary>One thread serves all connections there and then (the Host's event loop): what takes long, or does not end, leaves it.</summary>
    public bool OneThread { get; init; }

    /// <summary>Who is here.</summary>
    public ConnectionGate Door { get; } = new(Policy, Limits);

    /// <summary>Of whom was told.</summary>
    private LogThrottle Strangers { get; } = new(Clock);

    /// <summary>What the mails on their way hold.</summary>
    public MemoryBudget Memory { get; } = new(Limits.MemoryBytes, Clock);

    /// <summary>Tells of a client that was sent away before it could say a word: of an address once a minute.</summary>
    public void TellOfStranger(string address, string sentence)
    {
        if (Tell is { } tell && Strangers.TryTell(address))
        {
            tell(Guid.Empty, sentence);
        }
    }

    /// <summary>Lets other connections go on: what follows runs on the thread pool, where it did not anyway.</summary>
    internal ConfiguredTaskAwaitable YieldAsync() =>
        Task.CompletedTask.ConfigureAwait(OneThread ? ConfigureAwaitOptions.ForceYielding : ConfigureAwaitOptions.None);
}
