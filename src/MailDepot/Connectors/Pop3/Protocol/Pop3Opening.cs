using System.Security.Authentication;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>The first words of a connection: the greeting, and TLS.</summary>
internal sealed class Pop3Opening(MailboxOptions mailbox, Pop3Wire wire)
{
    /// <summary>A TLS port's answer to plain text comes at once.</summary>
    private static readonly TimeSpan AlertPatience = TimeSpan.FromSeconds(2);

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
            throw await wire.IsTlsPortAsync(AlertPatience) ? TlsPort() : silence;
        }

        if (wire.Tls is null && line.Span is [Pop3Wire.TlsAlert or Pop3Wire.TlsHandshake, ..])
        {
            throw TlsPort();
        }

        var reply = Pop3Reply.Parse(line.Span, wire.Words);
        return reply.Ok ? reply.Text : throw new Pop3RefusalException("the greeting", reply);

        MailboxException TlsPort() => new(
            Pop3FailureKind.TlsPort, $"{Pop3Diagnosis.Server(mailbox)} greets nobody in plain text: the port is one for TLS.", "Set Security to tls, or Port to the one for plain text (usually 110).");
    }

    /// <summary>TLS after STLS (RFC 2595 §4); without it nothing more is sent.</summary>
    public async Task StartTlsAsync(Pop3Capabilities offered)
    {
        wire.Write("STLS");
        await wire.FlushAsync();
        var reply = await wire.ReadReplyAsync();
        if (!reply.Ok)
        {
            throw new MailboxException(
                Pop3FailureKind.StartTlsMissing, $"{Pop3Diagnosis.Server(mailbox)} does not offer STARTTLS{(offered.StartTls ? ", although it says so" : "")}; nothing was sent to it.",
                "Set Security to tls with the port for it (usually 995); only where nobody can listen on the way, to none.", reply.Text);
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
            throw new MailboxException(trust.Refusal ?? Pop3Diagnosis.OfHandshake(mailbox, e)) { IsCut = trust.Refusal is null && e is IOException }; // what is no TLS, or refuses ours, is an AuthenticationException
        }
    }
}
