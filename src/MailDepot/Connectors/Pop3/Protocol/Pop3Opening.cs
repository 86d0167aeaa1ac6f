using System.Security.Authentication;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>The start of a connection: greeting and TLS.</summary>
internal sealed class Pop3Opening(MailboxOptions mailbox, Pop3Wire wire)
{
    /// <summary>A TLS port answers plain text at once.</summary>
    private static readonly TimeSpan AlertTimeout = TimeSpan.FromSeconds(2);

    private readonly ServerTrust trust = new(mailbox);

    /// <summary>Reads the greeting and returns its text.</summary>
    public async Task<string> ReadGreetingAsync()
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

    /// <summary>STLS, then TLS (RFC 2595 §4). Nothing else is sent if the server refuses.</summary>
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

    /// <summary>The TLS handshake.</summary>
    public async Task BeginTlsAsync()
    {
        try
        {
            await wire.BeginTlsAsync(trust.Options);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // A server that does not speak TLS, or no version that we speak, causes an AuthenticationException instead.
            var isDisconnect = trust.Refusal is null && e is IOException;
            throw new MailboxException(trust.Refusal ?? Pop3Diagnosis.OfHandshake(mailbox, e)) { IsDisconnect = isDisconnect };
        }
    }
}
