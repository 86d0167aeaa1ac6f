using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;

namespace MailDepot.Smtp;

/// <summary>A reply as a value (RFC 5321 §4.2), with what the session does once it is written.</summary>
/// <remarks>
/// 5xx means loss: Exchange Online does not try again. So a 5xx is for protocol errors and recipients that are provably
/// not ours; whatever is our fault or uncertain is 4xx. Texts are ASCII and never repeat what the client sent.
/// </remarks>
/// <param name="Code">Three digits.</param>
/// <param name="Status">Enhanced status code (RFC 3463); absent in greetings, in EHLO's reply and at 354 (RFC 2034 §4).</param>
/// <param name="Lines">One text a line, at least one.</param>
/// <param name="Then">The session's next step.</param>
public sealed record SmtpReply(int Code, string? Status, ImmutableArray<string> Lines, AfterReply Then = AfterReply.ReadCommand)
{
    /// <summary>NOOP and RSET.</summary>
    public static readonly SmtpReply Ok = new(250, "2.0.0", ["OK"]);

    /// <summary>MAIL.</summary>
    public static readonly SmtpReply SenderOk = new(250, "2.1.0", ["Sender OK"]);

    /// <summary>RCPT.</summary>
    public static readonly SmtpReply RecipientOk = new(250, "2.1.5", ["Recipient OK"]);

    /// <summary>DATA.</summary>
    public static readonly SmtpReply StartMail = new(354, null, ["Start mail, end with <CRLF>.<CRLF>"], AfterReply.ReadMail);

    /// <summary>BDAT: the chunk is read before this goes out.</summary>
    public static readonly SmtpReply ChunkOk = new(250, "2.0.0", ["Chunk OK"], AfterReply.ReadChunk);

    /// <summary>BDAT without an envelope, or after a chunk that failed: its octets are swallowed before this goes out (RFC 3030 §2).</summary>
    public static readonly SmtpReply ChunkOutOfPlace = new(503, "5.5.1", ["Bad sequence of commands"], AfterReply.SwallowChunk);

    /// <summary>The same for a chunk larger than any mail may be: nobody waits for its end.</summary>
    public static readonly SmtpReply HopelessChunk = new(503, "5.5.1", ["Bad sequence of commands, closing"], AfterReply.Close);

    /// <summary>STARTTLS.</summary>
    public static readonly SmtpReply StartTls = new(220, "2.0.0", ["Ready to start TLS"], AfterReply.StartTls);

    /// <summary>QUIT.</summary>
    public static readonly SmtpReply Goodbye = new(221, "2.0.0", ["Goodbye"], AfterReply.Close);

    /// <summary>HELP.</summary>
    public static readonly SmtpReply Help = new(214, "2.0.0", ["HELO EHLO STARTTLS MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP; see RFC 5321"]);

    /// <summary>VRFY: which addresses exist is nobody's business (RFC 5321 §7.3).</summary>
    public static readonly SmtpReply CannotVerify = new(252, "2.5.0", ["Cannot verify, but will take mail for our recipients"]);

    /// <summary>The client fell silent or became too slow (RFC 5321 §4.5.3.2).</summary>
    public static readonly SmtpReply TimedOut = new(421, "4.4.2", ["Waited too long, closing"], AfterReply.Close);

    /// <summary>The host stops; another replica or the next start takes the mail.</summary>
    public static readonly SmtpReply ShuttingDown = new(421, "4.3.2", ["Shutting down, please try again"], AfterReply.Close);

    /// <summary>More than <see cref="SmtpLimits.Chatter"/>: nobody means mail by that.</summary>
    public static readonly SmtpReply TooMuchChatter = new(421, "4.7.0", ["Too many commands without a mail, closing"], AfterReply.Close);

    /// <summary>In place of a greeting: as many clients are here as there may be, in all or from this address.</summary>
    public static readonly SmtpReply TooManyConnections = new(421, "4.7.0", ["Too many connections, try again later"], AfterReply.Close);

    /// <summary>In place of a greeting: the client's address is in none of the networks that mail may come from (RFC 5321 §3.1).</summary>
    public static readonly SmtpReply NotWelcome = new(554, "5.7.1", ["This network may not send mail here"], AfterReply.Close);

    /// <summary>In place of a greeting, where networks are named: which client this is can't be known, so it is put off, not refused.</summary>
    public static readonly SmtpReply NobodyKnown = new(421, "4.7.0", ["Your address is not visible here, please try again later"], AfterReply.Close);

    /// <summary>The same to MAIL.</summary>
    public static readonly SmtpReply NoAddress = new(450, "4.7.1", ["Your address is not visible here, please try again later"]);

    /// <summary>
    /// The client did not show the certificate that is asked of it, or one that can't be verified. It may yet be the
    /// right client, and our trust store wrong: it is put off, not refused.
    /// </summary>
    public static readonly SmtpReply NoCertificate = new(450, "4.7.1", ["Client certificate missing or not trusted"]);

    /// <summary>The postmaster gets no more this hour (<see cref="SmtpLimits.PostmasterMails"/>).</summary>
    public static readonly SmtpReply PostmasterBusy = new(450, "4.7.1", ["Too much mail for postmaster, please try later"]);

    /// <summary>There is no recipient map: which recipients are ours is not known, and no mail may be lost for that.</summary>
    public static readonly SmtpReply RecipientsNotLoaded = new(451, "4.3.0", ["Recipients are not loaded, please try again"]);

    /// <summary>The mail could not be made durable: our fault, so the client keeps it.</summary>
    public static readonly SmtpReply NotAccepted = new(451, "4.3.0", ["Mail could not be stored, please try again"]);

    /// <summary>Storage has no room for more: the client keeps the mail until there is (RFC 5321 §4.2.3, RFC 3463 §3.4).</summary>
    public static readonly SmtpReply StorageFull = new(452, "4.3.1", ["Storage is full, please try again later"]);

    /// <summary>Other mails fill the memory that there is for mails: the client keeps this one (RFC 3463 §3.4).</summary>
    public static readonly SmtpReply NoMemory = new(451, "4.3.1", ["Too many mails at once, please try again"]);

    /// <summary>A recipient over <see cref="SmtpLimits.Recipients"/>; the client sends again for the rest (RFC 5321 §4.5.3.1.10).</summary>
    public static readonly SmtpReply TooManyRecipients = new(452, "4.5.3", ["Too many recipients, send the rest in another transaction"]);

    /// <summary>A recipient that leads elsewhere than the first one of the transaction.</summary>
    public static readonly SmtpReply OtherDestination = new(452, "4.5.3", ["Send this recipient in a transaction of its own"]);

    /// <summary>Verb unknown.</summary>
    public static readonly SmtpReply UnknownCommand = new(500, "5.5.2", ["Command not recognized"]);

    /// <summary>An HTTP request: whoever sends it would send its body as commands, too.</summary>
    public static readonly SmtpReply NotSmtp = new(500, "5.5.2", ["This is SMTP"], AfterReply.Close);

    /// <summary>NUL or an octet above 127 in a command (RFC 5321 §2.4).</summary>
    public static readonly SmtpReply NotAscii = new(500, "5.5.2", ["Commands are ASCII without NUL"]);

    /// <summary>A line that does not begin and end at CRLF, or has a CR inside (RFC 5321 §2.3.8).</summary>
    public static readonly SmtpReply BareLineEnd = new(500, "5.5.2", ["Lines end with CRLF, no bare CR or LF"]);

    /// <summary>A line over <see cref="SmtpLimits.CommandLineBytes"/>.</summary>
    public static readonly SmtpReply LineTooLong = new(500, "5.5.2", ["Line too long"]);

    /// <summary>No line end within <see cref="SmtpLimits.HopelessLineBytes"/>.</summary>
    public static readonly SmtpReply HopelessLine = new(500, "5.5.2", ["Line far too long, closing"], AfterReply.Close);

    /// <summary>A command's argument is missing, superfluous or malformed.</summary>
    public static readonly SmtpReply BadArgument = new(501, "5.5.4", ["Syntax error in argument"]);

    /// <summary>A chunk of unknown length: where the next command begins can't be known (RFC 3030 §2).</summary>
    public static readonly SmtpReply BadChunk = new(501, "5.5.4", ["Syntax error in chunk size, closing"], AfterReply.Close);

    /// <summary>The reverse-path is no path (RFC 5321 §4.1.2).</summary>
    public static readonly SmtpReply BadSender = new(501, "5.1.7", ["Bad sender address syntax"]);

    /// <summary>The forward-path is no path (RFC 5321 §4.1.2).</summary>
    public static readonly SmtpReply BadRecipient = new(501, "5.1.3", ["Bad recipient address syntax"]);

    /// <summary>A command of SMTP that this endpoint does not offer.</summary>
    public static readonly SmtpReply NotOffered = new(502, "5.5.1", ["Command not offered"]);

    /// <summary>MAIL, RCPT or DATA before its time.</summary>
    public static readonly SmtpReply BadSequence = new(503, "5.5.1", ["Bad sequence of commands"]);

    /// <summary>Plain text where only TLS is welcome (RFC 3207 §4).</summary>
    public static readonly SmtpReply TlsRequired = new(530, "5.7.0", ["Must issue a STARTTLS command first"]);

    /// <summary>An address beyond ASCII in a transaction without SMTPUTF8 (RFC 6531 §3.5).</summary>
    public static readonly SmtpReply Utf8NotAsked = new(553, "5.6.7", ["Address needs SMTPUTF8"]);

    /// <summary>Not in the recipient map, or retired.</summary>
    public static readonly SmtpReply UnknownRecipient = new(550, "5.1.1", ["This archive takes no mail for this recipient"]);

    /// <summary>A parameter of an extension that was not announced (RFC 5321 §4.1.1.11).</summary>
    public static readonly SmtpReply UnknownParameter = new(555, "5.5.4", ["Parameter not recognized"]);

    /// <summary>The connection's first words (RFC 5321 §4.3.1).</summary>
    public static SmtpReply Greeting(SmtpLimits limits) => new(220, null, [$"{limits.HostName} ESMTP MailDepot"]);

    /// <summary>HELO's reply: no extensions.</summary>
    public static SmtpReply Hello(SmtpLimits limits) => new(250, null, [limits.HostName]);

    /// <summary>EHLO's reply: a line for each extension (RFC 5321 §4.1.1.1).</summary>
    /// <param name="limits">SIZE (RFC 1870 §4) and RCPTMAX (RFC 9422 §4.2).</param>
    /// <param name="startTls">STARTTLS is offered: there is a certificate, and TLS has not begun (RFC 3207 §4).</param>
    public static SmtpReply ExtendedHello(SmtpLimits limits, bool startTls) => new(
        250, null,
        [
            limits.HostName, "PIPELINING", FormattableString.Invariant($"SIZE {limits.MailBytes}"), "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING",
            .. startTls ? ImmutableArray.Create("STARTTLS") : [], FormattableString.Invariant($"LIMITS RCPTMAX={limits.Recipients}"),
        ]);

    /// <summary>The mail is durable: from here on it is ours (RFC 5321 §4.2.5).</summary>
    public static SmtpReply Accepted(Guid ticket) => new(250, "2.0.0", [ticket.ToString("D")]);

    /// <summary>The mail, or what the client says of it, is over the limit (RFC 1870 §6).</summary>
    public static SmtpReply TooLarge(SmtpLimits limits) =>
        new(552, "5.3.4", [FormattableString.Invariant($"Mail too large, the limit is {limits.MailBytes} octets")]);

    /// <summary>Writes <c>250-2.1.0 text</c> lines; the last one has a space after the code.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        const int codeAndSeparator = 4;
        const int crlf = 2;
        for (var i = 0; i < Lines.Length; i++)
        {
            var text = Lines[i];
            var span = output.GetSpan(codeAndSeparator + (Status?.Length ?? 0) + 1 + text.Length + crlf);
            Utf8Formatter.TryFormat(Code, span, out var length);
            span[length++] = i == Lines.Length - 1 ? (byte)' ' : (byte)'-';
            if (Status is not null)
            {
                length += Encoding.ASCII.GetBytes(Status, span[length..]);
                span[length++] = (byte)' ';
            }

            length += Encoding.ASCII.GetBytes(text, span[length..]);
            span[length++] = (byte)'\r';
            span[length++] = (byte)'\n';
            output.Advance(length);
        }
    }
}

/// <summary>What follows a reply.</summary>
public enum AfterReply
{
    /// <summary>The next command line.</summary>
    ReadCommand,

    /// <summary>A mail, up to CRLF.CRLF.</summary>
    ReadMail,

    /// <summary>A chunk of a mail; the reply goes out after it, if it could be taken.</summary>
    ReadChunk,

    /// <summary>A chunk that is of no use; the reply goes out after it.</summary>
    SwallowChunk,

    /// <summary>TLS, from the next octet on.</summary>
    StartTls,

    /// <summary>Nothing: the reply is flushed and the connection closed.</summary>
    Close,
}
