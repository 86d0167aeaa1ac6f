using System.Globalization;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>What a session comes to, for the live log and the metrics: a sentence for each mail, and one for an end without a mail.</summary>
/// <remarks>A session that only connects, greets and leaves has no sentence; from this machine (a health probe) it is not counted, too. A client that is sent away in place of a greeting has one a minute.</remarks>
internal sealed class SessionLog(SmtpEndpoint endpoint, SmtpDialogue dialogue)
{
    /// <summary>Chunks that a sentence names; of more it tells the number. Recipients: <see cref="EnvelopeWords"/>.</summary>
    private const int Named = 10;

    /// <summary>Characters of what the client calls itself: a command line has 2,048.</summary>
    private const int LongestHelo = 80;

    /// <summary>Characters of one of its certificate's names.</summary>
    private const int LongestName = 60;

    /// <summary>Names of a certificate that a sentence has: anybody may show one with thousands.</summary>
    private const int NamedOfCertificate = 3;

    private readonly List<long> chunkSizes = [];
    private int chunks;
    private int mails;
    private bool ahead;
    private int refusals;
    private string lastRefusal = "";
    private bool open;
    private bool told;
    private bool worthy;
    private long began;
    private bool slow;
    private SmtpSource? receiving;
    private Func<long>? come;

    /// <summary>The connection's first words; most often the greeting.</summary>
    public void Greeted(SmtpReply reply)
    {
        if (reply.Then == AfterReply.Close)
        {
            SmtpInstruments.Replies.Add(1, new KeyValuePair<string, object?>("code", reply.Code));
            endpoint.TellOfStranger(dialogue.Peer.Address, $"{Client}: got {Code(reply)} in place of a greeting ({reply.Lines[0]}).");
        }
    }

    /// <summary>A command got its reply; of DATA and BDAT also the one that comes after the mail.</summary>
    /// <param name="verb">Null: it was no command.</param>
    /// <param name="reply">The reply.</param>
    public void Answered(SmtpVerb? verb, SmtpReply reply)
    {
        if (verb is SmtpVerb.Rcpt or SmtpVerb.Data or SmtpVerb.Bdat)
        {
            SmtpInstruments.Replies.Add(1, new KeyValuePair<string, object?>("code", reply.Code));
        }

        if (verb is SmtpVerb.Mail && reply == SmtpReply.SenderOk)
        {
            (open, worthy, began) = (true, true, endpoint.Clock.GetTimestamp());
        }

        if (reply.Code >= 400 && reply != SmtpReply.ShuttingDown && !told)
        {
            refusals++;
            worthy = true;
            lastRefusal = $"{(verb is { } command ? command.ToString().ToUpperInvariant() : "what is no command")} got {Code(reply)}";
        }

        told = false;
    }

    /// <summary>A command came before the reply to the one before it had left (RFC 2920).</summary>
    public void SentAhead() => ahead = true;

    /// <summary>A mail begins to come, or its next chunk.</summary>
    /// <param name="source">Its envelope.</param>
    /// <param name="octets">Octets that have come by now, whenever it is asked.</param>
    public void Receiving(SmtpSource source, Func<long> octets) => (receiving, come) = (source, octets);

    /// <summary>The handshake after STARTTLS did not come about.</summary>
    /// <param name="why">Part of a sentence.</param>
    public void NoTls(string why)
    {
        refusals++;
        worthy = true;
        lastRefusal = $"the TLS handshake failed ({why})";
    }

    /// <summary>The client got <see cref="SmtpReply.TimedOut"/>, in a command (null: before one) or its mail.</summary>
    public void TimedOut(SmtpVerb? verb)
    {
        slow = true;
        if (verb is SmtpVerb.Data or SmtpVerb.Bdat)
        {
            SmtpInstruments.Replies.Add(1, new KeyValuePair<string, object?>("code", SmtpReply.TimedOut.Code));
        }
    }

    /// <summary>A chunk of it (RFC 3030) begins to come.</summary>
    public void Chunk(long octets)
    {
        if (chunks++ < Named)
        {
            chunkSizes.Add(octets);
        }
    }

    /// <summary>It has come, and this is the reply to it.</summary>
    public void MailEnded(long octets, SmtpReply reply)
    {
        mails++;
        SmtpInstruments.TransactionDuration.Record(endpoint.Clock.GetElapsedTime(began).TotalSeconds);
        var ticket = reply.Code == SmtpReply.Ok.Code && Guid.TryParse(reply.Lines[0], out var id) ? id : (Guid?)null;
        endpoint.Tell?.Invoke(ticket ?? Guid.Empty, $"{Client}: {Envelope}, {How}, {Count(octets)} octets{Order}{(ahead ? ", pipelined" : "")}{Refused}; answered {Code(reply)}{(ticket is { } known ? $" {known}" : "")}.");
        Forget();
        told = true;
    }

    /// <summary>The connection is over.</summary>
    public void SessionEnded()
    {
        if (open || slow || refusals > 0)
        {
            var without = receiving is null ? "a mail" : $"the rest of the mail, after {Count(come!())} octets";
            endpoint.Tell?.Invoke(Guid.Empty, $"{Client}: {(receiving is null ? "" : $"{Envelope}, ")}{(slow ? $"timed out ({Code(SmtpReply.TimedOut)})" : "ended")} without {without}{Refused}.");
            Forget();
        }

        if (worthy || !dialogue.Peer.IsLoopback)
        {
            SmtpInstruments.Sessions.Add(1, new KeyValuePair<string, object?>("tls", dialogue.Peer.Tls?.Version ?? "none"));
        }
    }

    private string Client => $"SMTP from {dialogue.Peer.Address} ({(dialogue.Helo.Length == 0 ? "no EHLO" : EnvelopeWords.Cut(dialogue.Helo, LongestHelo))}; {Security(dialogue.Peer.Tls)})";

    private string Envelope => receiving is not { } source ? "no envelope" : EnvelopeWords.Of(source.From, source.To);

    private string How => chunks == 0 ? "DATA" : $"BDAT in {(chunks == 1 ? "one chunk" : $"{Count(chunks)} chunks")} ({string.Join(", ", chunkSizes.Select(Count))}{(chunks > Named ? ", …" : "")})";

    /// <summary>Nothing for the first, which most often is the only one.</summary>
    private string Order => mails > 1 ? $", mail {Count(mails)} of its connection" : "";

    private string Refused => refusals switch
    {
        0 => "",
        1 => $"; before, {lastRefusal}",
        _ => $"; before, {Count(refusals)} refusals: at last {lastRefusal}",
    };

    private static string Security(TlsFacts? tls) => tls is null ? "no TLS"
        : $"{tls.Version} {tls.Cipher}, {(tls.Client is not { } client ? "no client certificate" : $"certificate of {string.Join(", ", client.Names.Take(NamedOfCertificate).Select(name => EnvelopeWords.Cut(name, LongestName)))}{(client.Names.Length > NamedOfCertificate ? $" and {Count(client.Names.Length - NamedOfCertificate)} more" : "")}{(client.Trusted ? "" : ", not trusted")}")}";

    private static string Code(SmtpReply reply) => string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {reply.Status}").TrimEnd();

    private static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void Forget()
    {
        (open, ahead, refusals, chunks, receiving, come) = (false, false, 0, 0, null, null);
        chunkSizes.Clear();
    }
}
