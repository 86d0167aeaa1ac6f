using System.Globalization;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>Reports a session to the live log and the metrics: a sentence for each mail, and one for an end without a mail.</summary>
/// <remarks>
/// A session that only connects, greets and leaves gets no sentence; from this machine (a health probe) it is not counted
/// either. A client that is rejected in place of a greeting gets at most one sentence a minute.
/// </remarks>
internal sealed class SessionLog(SmtpEndpoint endpoint, SmtpDialogue dialogue)
{
    /// <summary>Chunk sizes that a sentence lists; the rest are counted. For recipients see <see cref="EnvelopeDescription"/>.</summary>
    private const int ListedChunks = 10;

    /// <summary>Characters of the name in HELO or EHLO: a command line may have 2,048.</summary>
    private const int MaxHeloLength = 80;

    /// <summary>Characters of a recipient that was refused.</summary>
    private const int MaxRefusedLength = 60;

    /// <summary>Characters of one name in the client's certificate.</summary>
    private const int MaxNameLength = 50;

    /// <summary>Certificate names that a sentence lists: a client may present one with thousands.</summary>
    private const int ListedNames = 3;

    private readonly List<long> chunkSizes = [];
    private int chunks;
    private int mails;
    private bool pipelined;
    private int refusals;
    private string lastRefusal = "";
    private bool open;
    private bool reported;
    private bool counts;
    private long began;
    private bool timedOut;
    private SmtpSource? receiving;
    private Func<long>? received;

    /// <summary>The first reply of the connection: the greeting, or a rejection.</summary>
    public void Greeted(SmtpReply reply)
    {
        if (reply.Then == AfterReply.Close)
        {
            SmtpInstruments.Replies.Add(1, new KeyValuePair<string, object?>("code", reply.Code));
            endpoint.RecordRejected(dialogue.Peer.Address, $"{Client}: got {Code(reply)} in place of a greeting ({reply.Lines[0]}).");
        }
    }

    /// <summary>A command was answered; for DATA and BDAT also the reply after the mail.</summary>
    /// <param name="verb">Null if the line was not a command.</param>
    /// <param name="reply">The reply.</param>
    public void Answered(SmtpVerb? verb, SmtpReply reply)
    {
        if (verb is SmtpVerb.Rcpt or SmtpVerb.Data or SmtpVerb.Bdat)
        {
            SmtpInstruments.Replies.Add(1, new KeyValuePair<string, object?>("code", reply.Code));
        }

        if (verb is SmtpVerb.Mail && reply == SmtpReply.SenderOk)
        {
            (open, counts, began) = (true, true, endpoint.Clock.GetTimestamp());
        }

        if (reply.Code >= 400 && reply != SmtpReply.ShuttingDown && !reported)
        {
            refusals++;
            counts = true;
            lastRefusal = $"{Refusal(verb)} got {Code(reply)}";
        }

        reported = false;
    }

    /// <summary>The client sent a command before it had the reply to the previous one (RFC 2920).</summary>
    public void Pipelined() => pipelined = true;

    /// <summary>A mail, or its next chunk, starts to arrive.</summary>
    /// <param name="source">Its envelope.</param>
    /// <param name="bytes">Returns the bytes received so far.</param>
    public void Receiving(SmtpSource source, Func<long> bytes) => (receiving, received) = (source, bytes);

    /// <summary>The handshake after STARTTLS failed.</summary>
    /// <param name="why">Part of a sentence.</param>
    public void TlsFailed(string why)
    {
        refusals++;
        counts = true;
        lastRefusal = $"the TLS handshake failed ({why})";
    }

    /// <summary>The client got <see cref="SmtpReply.TimedOut"/>.</summary>
    /// <param name="verb">The command or mail it was in; null before a command.</param>
    public void TimedOut(SmtpVerb? verb)
    {
        timedOut = true;
        if (verb is SmtpVerb.Data or SmtpVerb.Bdat)
        {
            SmtpInstruments.Replies.Add(1, new KeyValuePair<string, object?>("code", SmtpReply.TimedOut.Code));
        }
    }

    /// <summary>A chunk (RFC 3030) of this size starts to arrive.</summary>
    public void Chunk(long bytes)
    {
        if (chunks++ < ListedChunks)
        {
            chunkSizes.Add(bytes);
        }
    }

    /// <summary>The mail has ended, and this is the reply to it.</summary>
    public void MailEnded(long bytes, SmtpReply reply)
    {
        mails++;
        SmtpInstruments.TransactionDuration.Record(endpoint.Clock.GetElapsedTime(began).TotalSeconds);
        var ticket = reply.Code == SmtpReply.Ok.Code && Guid.TryParse(reply.Lines[0], out var id) ? id : (Guid?)null;
        endpoint.RecordSession?.Invoke(
            ticket ?? Guid.Empty,
            $"{Client}: {Envelope}, {How}, {Bytes(bytes)}{Order}{(pipelined ? ", pipelined" : "")}{Refused}; "
            + $"answered {Code(reply)}{(ticket is { } known ? $" {known}" : "")}.");
        Reset();
        reported = true;
    }

    /// <summary>The connection has ended.</summary>
    public void SessionEnded()
    {
        if (open || timedOut || refusals > 0)
        {
            var end = timedOut ? $"timed out ({Code(SmtpReply.TimedOut)})" : "ended";
            endpoint.RecordSession?.Invoke(
                Guid.Empty,
                receiving is null ? $"{Client}: {end} without a mail{Refused}."
                    : $"{Client}: {Envelope}, {end} before the mail was complete, after {Bytes(received!())}{Refused}.");
            Reset();
        }

        if (counts || !dialogue.Peer.IsLoopback)
        {
            SmtpInstruments.Sessions.Add(1, new KeyValuePair<string, object?>("tls", dialogue.Peer.Tls?.Version ?? "none"));
        }
    }

    private string Client => $"SMTP from {dialogue.Peer.Address} ({Helo}; {Security(dialogue.Peer.Tls)})";

    private string Helo => dialogue.Helo.Length == 0 ? "no EHLO" : EnvelopeDescription.Cut(dialogue.Helo, MaxHeloLength);

    private string Envelope => receiving is not { } source ? "no envelope" : EnvelopeDescription.Of(source.From, source.To);

    private string How => chunks switch
    {
        0 => "DATA",
        1 => $"BDAT in one chunk ({Sizes})",
        _ => $"BDAT in {Count(chunks)} chunks ({Sizes})",
    };

    private string Sizes => string.Join(", ", chunkSizes.Select(Count)) + (chunks > ListedChunks ? ", …" : "");

    /// <summary>Empty for a connection's first mail, usually its only one.</summary>
    private string Order => mails > 1 ? $", mail {Count(mails)} of this connection" : "";

    private string Refused => refusals switch
    {
        0 => "",
        1 => $"; earlier, {lastRefusal}",
        _ => $"; earlier, {Count(refusals)} refusals, the last: {lastRefusal}",
    };

    /// <summary>What was refused; a recipient is named.</summary>
    private string Refusal(SmtpVerb? verb) => verb switch
    {
        null => "an invalid command",
        SmtpVerb.Rcpt when dialogue.Recipient is { } recipient => $"RCPT TO:<{EnvelopeDescription.Cut(recipient, MaxRefusedLength)}>",
        { } command => command.ToString().ToUpperInvariant(),
    };

    private static string Security(TlsFacts? tls) => tls is null ? "no TLS" : $"{tls.Version} {tls.Cipher}, {Certificate(tls.Client)}";

    private static string Certificate(ClientCertificate? shown)
    {
        if (shown is not { Names: var names })
        {
            return "no client certificate";
        }

        var listed = string.Join(", ", names.Take(ListedNames).Select(name => EnvelopeDescription.Cut(name, MaxNameLength)));
        var more = names.Length > ListedNames ? $" and {Count(names.Length - ListedNames)} more" : "";
        return $"certificate of {listed}{more}{(shown.Trusted ? "" : ", not trusted")}";
    }

    private static string Code(SmtpReply reply) => string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {reply.Status}").TrimEnd();

    private static string Bytes(long count) => count == 1 ? "1 byte" : $"{Count(count)} bytes";

    private static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void Reset()
    {
        (open, pipelined, refusals, chunks, receiving, received) = (false, false, 0, 0, null, null);
        chunkSizes.Clear();
    }
}
