using System.Collections.Immutable;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>The state of one SMTP dialogue: each command gets its reply (RFC 5321 §4.1.4). No I/O.</summary>
public sealed class SmtpDialogue(SmtpPolicy policy, SmtpLimits limits)
{
    private readonly ImmutableArray<string>.Builder recipients = ImmutableArray.CreateBuilder<string>();
    private RecipientRule? destination;
    private string? sender;

    /// <summary>What the client called itself; empty before HELO or EHLO.</summary>
    public string Helo { get; private set; } = "";

    /// <summary>Answers a command line without its CRLF, any octets.</summary>
    public SmtpReply Answer(ReadOnlySpan<byte> line) =>
        SmtpCommand.TryParse(line, out var command, out var refusal) ? Answer(command) : refusal;

    /// <summary>Answers a command.</summary>
    public SmtpReply Answer(SmtpCommand command) => command.Verb switch
    {
        SmtpVerb.Helo => Greet(command.Argument, SmtpReply.Hello(limits)),
        SmtpVerb.Ehlo => Greet(command.Argument, SmtpReply.ExtendedHello(limits)),
        SmtpVerb.Mail => BeginMail(command),
        SmtpVerb.Rcpt => AddRecipient(command.Argument),
        SmtpVerb.Data => recipients.Count == 0 ? SmtpReply.BadSequence : SmtpReply.StartMail,
        SmtpVerb.Rset => Reset(),
        SmtpVerb.Noop => SmtpReply.Ok,
        SmtpVerb.Quit => SmtpReply.Goodbye,
        SmtpVerb.Vrfy => SmtpReply.CannotVerify,
        SmtpVerb.Help => SmtpReply.Help,
        _ => SmtpReply.UnknownCommand,
    };

    /// <summary>
    /// Ends the transaction and gives its envelope, once DATA was answered 354: whatever becomes of the mail, the next
    /// one begins with MAIL (RFC 5321 §4.1.1.4).
    /// </summary>
    /// <param name="peer">The client's address.</param>
    public SmtpSource TakeEnvelope(string peer)
    {
        var source = new SmtpSource(peer, Helo, sender ?? "", recipients.ToImmutable());
        Reset();
        return source;
    }

    /// <summary>A second HELO or EHLO is a RSET as well (RFC 5321 §4.1.4).</summary>
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

        if (command.Size > limits.MailBytes)
        {
            return SmtpReply.TooLarge(limits);
        }

        sender = command.Argument;
        return SmtpReply.SenderOk;
    }

    private SmtpReply AddRecipient(string address)
    {
        if (sender is null)
        {
            return SmtpReply.BadSequence;
        }

        if (recipients.Count >= limits.Recipients)
        {
            return SmtpReply.TooManyRecipients;
        }

        if (!policy.TryAdmit(address, destination, out var rule, out var refusal))
        {
            return refusal;
        }

        destination = rule;
        recipients.Add(address);
        return SmtpReply.RecipientOk;
    }

    private SmtpReply Reset()
    {
        sender = null;
        destination = null;
        recipients.Clear();
        return SmtpReply.Ok;
    }
}
