using System.Security.Authentication;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>The first words of a connection: the greeting, and TLS.</summary>
internal sealed class Pop3Opening(MailboxOptions mailbox, Pop3Wire wire)
{
    /// <summary>A TLS port's answer to plain text comes at once.</summary>
    private static readonly TimeSpan AlertTimeout = TimeSpan.FromSeconds(2);

    private readonly ServerTrust trust = new(mailbox);

    /// <summary>The greeting's words.</summary>
    public async Task<string> GreetAsync()
    {
        ReadOnlyMemory<byte> line;
        try
        {
            line = await wire.ReadLineAsync();
        }
        catch (TimeoutException silence) when (wire.Tls is null)
        {
            throw await wire.IsTlsPortAsync(AlertTimeout) ? TlsPort() : silence;
        }

        if (wire.Tls is null && line.Span is [Pop3Wire.TlsAlert or Pop3Wire.TlsHandshake, ..])
        {
            throw TlsPort();
        }

        var reply = Pop3Reply.Parse(line.Span, wire.Redactor);
        return reply.Ok ? reply.Text : throw new Pop3CommandException("the greeting", reply);

        MailboxException TlsPort() => new(Pop3Failure.TlsPort(mailbox));
    }

    /// <summary>TLS after STLS (RFC 2595 §4); without it nothing more is sent.</summary>
    public async Task StartTlsAsync(Pop3Capabilities offered)
    {
        wire.Write("STLS");
        await wire.FlushAsync();
        var reply = await wire.ReadReplyAsync();
        if (!reply.Ok)
        {
            throw new MailboxException(Pop3Failure.StartTlsMissing(mailbox, offered.StartTls, reply.Text));
        }

        await BeginTlsAsync();
    }

    /// <summary>TLS from here on.</summary>
    public async Task BeginTlsAsync()
    {
        try
        {
            await wire.BeginTlsAsync(trust.Options);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            throw new MailboxException(trust.Refusal ?? Pop3Diagnosis.OfHandshake(mailbox, e)) { IsDisconnect = trust.Refusal is null && e is IOException }; // what is no TLS, or refuses ours, is an AuthenticationException
        }
    }
}
