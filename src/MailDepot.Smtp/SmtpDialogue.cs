using System.Collections.Immutable;
using System.Text;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>The state machine of one SMTP session: every command gets its reply (RFC 5321 §4.1.4). No I/O.</summary>
public sealed class SmtpDialogue(SmtpPolicy policy, DecideRecipient decide, SmtpLimits limits, SmtpPeer peer, bool offersTls)
{
    private readonly ImmutableArray<string>.Builder recipients = ImmutableArray.CreateBuilder<string>();
    private Destination? destination;
    private long maxBytes = long.MaxValue;
    private string? sender;
    private bool utf8;
    private bool chunksFailed;
    private int chatter;
    private int refusedRecipients;

    /// <summary>The client.</summary>
    public SmtpPeer Peer { get; private set; } = peer;

    /// <summary>The limits of this transaction: its recipients may allow less than the endpoint does.</summary>
    public SmtpLimits Limits => maxBytes < limits.MailBytes ? limits with { MailBytes = maxBytes } : limits;

    /// <summary>A mail in chunks has begun, and has neither ended nor been abandoned.</summary>
    public bool Chunking { get; private set; }

    /// <summary>The BDAT command whose chunk is read next.</summary>
    public SmtpCommand Chunk { get; private set; } = new(SmtpVerb.Bdat);

    /// <summary>The mail's size in bytes as announced by the client (RFC 1870 §3); null if it gave none.</summary>
    public long? Size { get; private set; }

    /// <summary>The command answered last; null if the line was not a command.</summary>
    public SmtpVerb? Verb { get; private set; }

    /// <summary>The recipient of the RCPT command answered last; null after any other command.</summary>
    public string? Recipient { get; private set; }

    /// <summary>The name the client gave; empty before HELO or EHLO.</summary>
    public string Helo { get; private set; } = "";

    /// <summary>Answers a command line without its CRLF, any bytes.</summary>
    public SmtpReply Answer(ReadOnlySpan<byte> line) =>
        SmtpCommand.TryParse(line, out var command, out var refusal) ? Answer(command!) : Refuse(refusal!, command?.Verb);

    /// <summary>Answers a command.</summary>
    public SmtpReply Answer(SmtpCommand command)
    {
        (Verb, Recipient) = (command.Verb, command.Verb is SmtpVerb.Rcpt ? command.Argument : null);
        var greeted = Helo.Length > 0;
        var reply = ReplyTo(command);
        var isProgress = command.Verb switch
        {
            SmtpVerb.Helo or SmtpVerb.Ehlo => !greeted,
            SmtpVerb.Mail or SmtpVerb.Data or SmtpVerb.StartTls => reply.Code < 400,
            SmtpVerb.Bdat => reply == SmtpReply.ChunkOk && (command.ChunkBytes > 0 || command.Last),
            SmtpVerb.Rcpt => reply == SmtpReply.RecipientOk
                || (reply != SmtpReply.BadSequence && ++refusedRecipients <= limits.Recipients),
            _ => reply.Then == AfterReply.Close,
        };
        return isProgress ? reply : CountJunk(reply);
    }

    /// <summary>Answers a line that is not a valid command.</summary>
    public SmtpReply Refuse(SmtpReply refusal, SmtpVerb? verb = null)
    {
        (Verb, Recipient) = (verb, null);
        return refusal.Then == AfterReply.Close ? refusal : CountJunk(refusal);
    }

    /// <summary>Counts a command that does not bring a mail closer (see <see cref="SmtpLimits.JunkCommands"/>).</summary>
    private SmtpReply CountJunk(SmtpReply reply) => ++chatter > limits.JunkCommands ? SmtpReply.TooManyJunkCommands : reply;

    private SmtpReply ReplyTo(SmtpCommand command) => command.Verb switch
    {
        SmtpVerb.Helo => Greet(command.Argument, SmtpReply.Hello(limits)),
        SmtpVerb.Ehlo => Greet(command.Argument, SmtpReply.ExtendedHello(limits, offersTls && Peer.Tls is null)),
        SmtpVerb.Mail => BeginMail(command),
        SmtpVerb.Rcpt => AddRecipient(command.Argument),
        SmtpVerb.Data => recipients.Count == 0 || Chunking || chunksFailed ? SmtpReply.BadSequence : SmtpReply.StartMail,
        SmtpVerb.Bdat => AnswerChunk(command),
        SmtpVerb.StartTls => StartTls(),
        SmtpVerb.Rset => Reset(),
        SmtpVerb.Noop => SmtpReply.Ok,
        SmtpVerb.Quit => SmtpReply.Goodbye,
        SmtpVerb.Vrfy => SmtpReply.CannotVerify,
        SmtpVerb.Help => SmtpReply.Help,
        _ => SmtpReply.UnknownCommand,
    };

    /// <summary>
    /// Ends the transaction and returns its envelope, after DATA was answered 354: whatever happens to the mail, the next one
    /// starts with MAIL (RFC 5321 §4.1.1.4).
    /// </summary>
    public SmtpSource TakeEnvelope()
    {
        var source = Envelope;
        Reset();
        (chatter, refusedRecipients) = (0, 0);
        return source;
    }

    /// <summary>The envelope so far.</summary>
    public SmtpSource Envelope => new(
        Peer.Address, Helo, sender ?? "", recipients.ToImmutable(), Peer.Tls?.Version,
        destination?.Container, destination is { Journal: true } ? true : null);

    /// <summary>The mail in chunks has failed: its remaining chunks get 503 until LAST or RSET.</summary>
    public void FailChunks()
    {
        Chunking = false;
        chunksFailed = !Chunk.Last;
        if (Chunk.Last)
        {
            Reset();
        }
    }

    /// <summary>DATA was deferred: the client may start over with MAIL.</summary>
    public void Abandon() => Reset();

    /// <summary>TLS has begun: everything before it is forgotten (RFC 3207 §4.2).</summary>
    public void Secure(TlsFacts tls)
    {
        Reset();
        Helo = "";
        Peer = Peer with { Tls = tls };
    }

    /// <summary>A second HELO or EHLO also acts as RSET (RFC 5321 §4.1.4).</summary>
    private SmtpReply Greet(string name, SmtpReply reply)
    {
        Reset();
        Helo = name;
        return reply;
    }

    private SmtpReply BeginMail(SmtpCommand command)
    {
        if (Helo.Length == 0 || sender is not null)
        {
            return SmtpReply.BadSequence;
        }

        if (!policy.TryAdmit(Peer, out var refusal))
        {
            return refusal;
        }

        if (command.Size > limits.MailBytes)
        {
            return SmtpReply.TooLarge(limits.MailBytes);
        }

        (sender, utf8, Size) = (command.Argument, command.Utf8, command.Size);
        return SmtpReply.SenderOk;
    }

    private SmtpReply AddRecipient(string address)
    {
        if (sender is null || Chunking || chunksFailed)
        {
            return SmtpReply.BadSequence;
        }

        if (!utf8 && !Ascii.IsValid(address))
        {
            return SmtpReply.NeedsSmtpUtf8;
        }

        if (recipients.Count >= limits.Recipients)
        {
            return SmtpReply.TooManyRecipients;
        }

        var decision = decide(address, destination, Size);
        if (decision.Refusal is { } refusal)
        {
            return refusal;
        }

        destination ??= decision.Destination;
        maxBytes = Math.Min(maxBytes, decision.MaxBytes);
        recipients.Add(address);
        return SmtpReply.RecipientOk;
    }

    private SmtpReply AnswerChunk(SmtpCommand chunk)
    {
        Chunk = chunk;
        if (recipients.Count == 0 || chunksFailed)
        {
            _ = chunk.Last && chunksFailed ? Reset() : SmtpReply.Ok;
            return chunk.ChunkBytes > limits.MailBytes ? SmtpReply.HopelessChunk : SmtpReply.ChunkOutOfPlace;
        }

        Chunking = true;
        return SmtpReply.ChunkOk;
    }

    private SmtpReply StartTls() =>
        !offersTls ? SmtpReply.NotOffered
        : Peer.Tls is not null || sender is not null ? SmtpReply.BadSequence
        : SmtpReply.StartTls;

    private SmtpReply Reset()
    {
        (Chunking, chunksFailed, utf8) = (false, false, false);
        (sender, Size) = (null, null);
        (destination, maxBytes) = (null, long.MaxValue);
        recipients.Clear();
        return SmtpReply.Ok;
    }
}
