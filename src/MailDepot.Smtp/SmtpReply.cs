using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;

namespace MailDepot.Smtp;

/// <summary>A reply (RFC 5321 §4.2), and what the session does after it.</summary>
/// <remarks>
/// A 5xx loses the mail: Exchange Online does not retry. So 5xx is only for protocol errors and recipients that are provably
/// not ours; whatever is our fault or uncertain is 4xx. Texts are ASCII and never repeat what the client sent.
/// </remarks>
/// <param name="Code">Three digits.</param>
/// <param name="Status">Enhanced status code (RFC 3463); absent in greetings, in EHLO's reply and at 354 (RFC 2034 §4).</param>
/// <param name="Lines">The text of each line, at least one.</param>
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

    /// <summary>BDAT: sent after the chunk was read.</summary>
    public static readonly SmtpReply ChunkOk = new(250, "2.0.0", ["Chunk OK"], AfterReply.ReadChunk);

    /// <summary>BDAT without an envelope, or after a failed chunk: sent after the chunk was read and discarded (RFC 3030 §2).</summary>
    public static readonly SmtpReply ChunkOutOfPlace = new(503, "5.5.1", ["Bad sequence of commands"], AfterReply.DiscardChunk);

    /// <summary>The same for a chunk over the size limit: its end is not awaited.</summary>
    public static readonly SmtpReply HopelessChunk = new(503, "5.5.1", ["Bad sequence of commands, closing"], AfterReply.Close);

    /// <summary>STARTTLS.</summary>
    public static readonly SmtpReply StartTls = new(220, "2.0.0", ["Ready to start TLS"], AfterReply.StartTls);

    /// <summary>QUIT.</summary>
    public static readonly SmtpReply Goodbye = new(221, "2.0.0", ["Goodbye"], AfterReply.Close);

    /// <summary>HELP.</summary>
    public static readonly SmtpReply Help =
        new(214, "2.0.0", ["HELO EHLO STARTTLS MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP; see RFC 5321"]);

    /// <summary>VRFY: which addresses exist is not disclosed (RFC 5321 §7.3).</summary>
    public static readonly SmtpReply CannotVerify = new(252, "2.5.0", ["Cannot VRFY user, but will accept mail for our recipients"]);

    /// <summary>The client is silent or too slow (RFC 5321 §4.5.3.2).</summary>
    public static readonly SmtpReply TimedOut = new(421, "4.4.2", ["Timed out waiting for the client, closing"], AfterReply.Close);

    /// <summary>The host is stopping; another replica or the next start takes the mail.</summary>
    public static readonly SmtpReply ShuttingDown = new(421, "4.3.2", ["Shutting down, please try again"], AfterReply.Close);

    /// <summary>More than <see cref="SmtpLimits.JunkCommands"/>.</summary>
    public static readonly SmtpReply TooManyJunkCommands =
        new(421, "4.7.0", ["Too many commands without a mail, closing"], AfterReply.Close);

    /// <summary>In place of a greeting: the limit of connections is reached, in total or for this address.</summary>
    public static readonly SmtpReply TooManyConnections = new(421, "4.7.0", ["Too many connections, try again later"], AfterReply.Close);

    /// <summary>In place of a greeting: the client's address is in none of the networks that may send (RFC 5321 §3.1).</summary>
    public static readonly SmtpReply NetworkNotAllowed = new(554, "5.7.1", ["This network may not send mail here"], AfterReply.Close);

    /// <summary>In place of a greeting, where networks are configured: the client is unknown, so it is deferred, not refused.</summary>
    public static readonly SmtpReply AddressHidden =
        new(421, "4.7.0", ["Your address is not visible here, please try again later"], AfterReply.Close);

    /// <summary>The same in reply to MAIL.</summary>
    public static readonly SmtpReply AddressHiddenAtMail = new(450, "4.7.1", ["Your address is not visible here, please try again later"]);

    /// <summary>
    /// The client sent no certificate of the required name, or one that can't be verified. It may still be the right client, and
    /// our trust store wrong: it is deferred, not refused.
    /// </summary>
    public static readonly SmtpReply NoCertificate = new(450, "4.7.1", ["Client certificate missing or not trusted"]);

    /// <summary>The postmaster gets no more mail this hour.</summary>
    public static readonly SmtpReply PostmasterBusy = new(450, "4.7.1", ["Too much mail for postmaster, please try again later"]);

    /// <summary>The recipient map is empty: which recipients are ours is unknown, and no mail may be lost for that.</summary>
    public static readonly SmtpReply RecipientsNotLoaded = new(451, "4.3.0", ["Recipients are not loaded, please try again"]);

    /// <summary>The mail could not be made durable: our fault, so the client keeps it.</summary>
    public static readonly SmtpReply NotAccepted = new(451, "4.3.0", ["Mail could not be stored, please try again"]);

    /// <summary>Storage is full: the client keeps the mail until there is room (RFC 5321 §4.2.3, RFC 3463 §3.4).</summary>
    public static readonly SmtpReply StorageFull = new(452, "4.3.1", ["Storage is full, please try again later"]);

    /// <summary>Other mails use up the memory for mails in transit: the client keeps this one (RFC 3463 §3.4).</summary>
    public static readonly SmtpReply NoMemory = new(451, "4.3.1", ["Too many mails at once, please try again"]);

    /// <summary>
    /// A recipient over <see cref="SmtpLimits.Recipients"/>; the client sends the mail again for the rest (RFC 5321 §4.5.3.1.10).
    /// </summary>
    public static readonly SmtpReply TooManyRecipients = new(452, "4.5.3", ["Too many recipients, send the rest in another transaction"]);

    /// <summary>A recipient with another destination than the transaction's first one.</summary>
    public static readonly SmtpReply OtherDestination = new(452, "4.5.3", ["Send to this recipient in a separate transaction"]);

    /// <summary>Unknown verb.</summary>
    public static readonly SmtpReply UnknownCommand = new(500, "5.5.2", ["Command not recognized"]);

    /// <summary>An HTTP request: closing keeps its body from being read as commands.</summary>
    public static readonly SmtpReply NotSmtp = new(500, "5.5.2", ["This is SMTP"], AfterReply.Close);

    /// <summary>NUL or a byte above 127 in a command (RFC 5321 §2.4).</summary>
    public static readonly SmtpReply NotAscii = new(500, "5.5.2", ["Commands must be ASCII without NUL"]);

    /// <summary>A line that does not start and end at CRLF, or contains a CR (RFC 5321 §2.3.8).</summary>
    public static readonly SmtpReply BareLineEnd = new(500, "5.5.2", ["Lines must end with CRLF, no bare CR or LF"]);

    /// <summary>A line over <see cref="SmtpLimits.CommandLineBytes"/>.</summary>
    public static readonly SmtpReply LineTooLong = new(500, "5.5.2", ["Line too long"]);

    /// <summary>No line end within <see cref="SmtpLimits.HopelessLineBytes"/>.</summary>
    public static readonly SmtpReply HopelessLine = new(500, "5.5.2", ["Line far too long, closing"], AfterReply.Close);

    /// <summary>A command's argument is missing, superfluous or malformed.</summary>
    public static readonly SmtpReply BadArgument = new(501, "5.5.4", ["Syntax error in argument"]);

    /// <summary>A chunk of unknown length: nobody knows where the next command starts (RFC 3030 §2).</summary>
    public static readonly SmtpReply BadChunk = new(501, "5.5.4", ["Syntax error in chunk size, closing"], AfterReply.Close);

    /// <summary>An invalid reverse-path (RFC 5321 §4.1.2).</summary>
    public static readonly SmtpReply BadSender = new(501, "5.1.7", ["Bad sender address syntax"]);

    /// <summary>An invalid forward-path (RFC 5321 §4.1.2).</summary>
    public static readonly SmtpReply BadRecipient = new(501, "5.1.3", ["Bad recipient address syntax"]);

    /// <summary>An SMTP command that this endpoint does not support.</summary>
    public static readonly SmtpReply NotOffered = new(502, "5.5.1", ["Command not implemented"]);

    /// <summary>MAIL, RCPT or DATA out of order.</summary>
    public static readonly SmtpReply BadSequence = new(503, "5.5.1", ["Bad sequence of commands"]);

    /// <summary>Plain text where TLS is required (RFC 3207 §4).</summary>
    public static readonly SmtpReply TlsRequired = new(530, "5.7.0", ["Must issue a STARTTLS command first"]);

    /// <summary>A non-ASCII address in a transaction without SMTPUTF8 (RFC 6531 §3.5).</summary>
    public static readonly SmtpReply NeedsSmtpUtf8 = new(553, "5.6.7", ["Address needs SMTPUTF8"]);

    /// <summary>A recipient that is not in the recipient map, or is retired.</summary>
    public static readonly SmtpReply UnknownRecipient = new(550, "5.1.1", ["This archive does not accept mail for this recipient"]);

    /// <summary>A parameter of an extension that was not announced (RFC 5321 §4.1.1.11).</summary>
    public static readonly SmtpReply UnknownParameter = new(555, "5.5.4", ["Parameter not recognized"]);

    /// <summary>The greeting (RFC 5321 §4.3.1).</summary>
    public static SmtpReply Greeting(SmtpLimits limits) => new(220, null, [$"{limits.HostName} ESMTP MailDepot"]);

    /// <summary>HELO's reply: no extensions.</summary>
    public static SmtpReply Hello(SmtpLimits limits) => new(250, null, [limits.HostName]);

    /// <summary>EHLO's reply: a line for each extension (RFC 5321 §4.1.1.1).</summary>
    /// <param name="limits">SIZE (RFC 1870 §4) and RCPTMAX (RFC 9422 §4.2).</param>
    /// <param name="startTls">STARTTLS is offered: there is a certificate, and TLS has not begun (RFC 3207 §4).</param>
    public static SmtpReply ExtendedHello(SmtpLimits limits, bool startTls) => new(
        250, null,
        [
            limits.HostName, "PIPELINING", FormattableString.Invariant($"SIZE {limits.MailBytes}"),
            "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING",
            .. startTls ? ImmutableArray.Create("STARTTLS") : [], FormattableString.Invariant($"LIMITS RCPTMAX={limits.Recipients}"),
        ]);

    /// <summary>The mail is durable, and from now on our responsibility (RFC 5321 §4.2.5).</summary>
    public static SmtpReply Accepted(Guid ticket) => new(250, "2.0.0", [ticket.ToString("D")]);

    /// <summary>The mail, or the size the client announced, is over the limit (RFC 1870 §6).</summary>
    public static SmtpReply TooLarge(long limit) =>
        new(552, "5.3.4", [FormattableString.Invariant($"Mail too large, the limit is {limit} bytes")]);

    /// <summary>Writes lines such as <c>250-2.1.0 text</c>; the last one has a space after the code.</summary>
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

/// <summary>What the session does after a reply.</summary>
public enum AfterReply
{
    /// <summary>Reads the next command line.</summary>
    ReadCommand,

    /// <summary>Reads a mail, up to CRLF.CRLF.</summary>
    ReadMail,

    /// <summary>Reads a chunk of a mail first; the reply is sent if it could be taken.</summary>
    ReadChunk,

    /// <summary>Reads and discards a chunk first, then sends the reply.</summary>
    DiscardChunk,

    /// <summary>Starts TLS with the next byte.</summary>
    StartTls,

    /// <summary>Closes the connection once the reply is flushed.</summary>
    Close,
}
