using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>One session with a mailbox, from greeting to QUIT (RFC 1939). Disposing it without QUIT deletes nothing.</summary>
/// <remarks>Replies come in the order of the commands. Any exception except <see cref="Pop3CommandException"/> ends the session.</remarks>
internal sealed class Pop3Session : IAsyncDisposable
{
    /// <summary>Lines of a listing; no real mailbox has more mails.</summary>
    private const int MaxListingLines = 5_000_000;

    /// <summary>Bytes of a listing: that many lines with a number and a UIDL of the usual 16 characters.</summary>
    private const long MaxListingBytes = 128 * 1024 * 1024;

    /// <summary>Lines of the reply to CAPA; some twenty capabilities exist.</summary>
    private const int MaxCapabilities = 200;

    /// <summary>Bytes of a UIDL: RFC 1939 §7 allows 70, some servers use more.</summary>
    private const int MaxUidlBytes = 500;

    /// <summary>Larger sizes in a listing count as this, 1 TiB: they can't be true, and the sum of a listing must not overflow.</summary>
    private const long MaxListedBytes = 1L << 40;

    /// <summary>DELEs sent before the first reply is read, if the server supports pipelining.</summary>
    private const int PipelinedDeletes = 100;

    private readonly Pop3Wire wire;

    private Pop3Session(Pop3Wire wire) => this.wire = wire;

    /// <summary>What the server announces after the login.</summary>
    public Pop3Capabilities Capabilities { get; private set; } = Pop3Capabilities.None;

    /// <summary>How the connection is secured.</summary>
    public MailboxSecurity Security { get; private set; }

    /// <summary>The same for people: <c>STARTTLS, TLS 1.3</c>.</summary>
    public string Secured =>
        wire.Tls is { } tls ? $"{(Security is MailboxSecurity.StartTls ? "STARTTLS, " : "")}{TlsName(tls.SslProtocol)}" : "none";

    /// <summary>The TLS stream; null on a plain connection.</summary>
    public SslStream? Tls => wire.Tls;

    /// <summary>Connects and logs in.</summary>
    /// <param name="ct">Cancels every wait of the session, including later ones.</param>
    public static async Task<Pop3Session> OpenAsync(Pop3Access access, CancellationToken ct)
    {
        access.OnStage(VisitStage.Connecting);
        var security = access.Mailbox.Security;
        if (security is not MailboxSecurity.Auto)
        {
            return await OpenAsync(access, security, ct);
        }

        try
        {
            return await OpenAsync(access, MailboxSecurity.Tls, ct);
        }
        catch (Exception e) when (Pop3Diagnosis.Of(access.Mailbox, e).Kind is Pop3FailureKind.TlsNotSpoken)
        {
            return await OpenAsync(access, MailboxSecurity.StartTls, ct);
        }
    }

    private static async Task<Pop3Session> OpenAsync(Pop3Access access, MailboxSecurity security, CancellationToken ct)
    {
        var mailbox = access.Mailbox;
        var connection = await Pop3Wire.ConnectAsync(mailbox.Host, mailbox.Port, access.Timeout, access.Clock, access.Deadline, ct);
        var session = new Pop3Session(connection) { Security = security };
        try
        {
            var opening = new Pop3Opening(mailbox, connection);
            if (security is MailboxSecurity.Tls)
            {
                await opening.BeginTlsAsync();
            }

            var greeting = await opening.ReadGreetingAsync();
            var offered = await session.CapabilitiesAsync();
            if (security is MailboxSecurity.StartTls)
            {
                await opening.StartTlsAsync(offered);
                offered = await session.CapabilitiesAsync();
            }

            access.OnStage(VisitStage.LoggingIn);
            await new Pop3Login(mailbox, access.Secret, access.Tokens).RunAsync(connection, greeting, offered, ct);
            session.Capabilities = offered.Lines.IsEmpty ? offered : await session.CapabilitiesAsync();
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Number and total size of the mails in the mailbox.</summary>
    public async Task<(int Mails, long Bytes)> StatAsync()
    {
        var parts = (await SendAsync("STAT")).Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts is [var first, var second, ..]
            && int.TryParse(first, CultureInfo.InvariantCulture, out var mails)
            && long.TryParse(second, CultureInfo.InvariantCulture, out var bytes)
            ? (mails, bytes)
            : throw new Pop3ProtocolException($"STAT was answered '{wire.Redactor.Redact(string.Join(' ', parts))}'");
    }

    /// <summary>All mails in the mailbox, in its order; without UIDLs if the server has none.</summary>
    /// <exception cref="Pop3CommandException">The server refuses a command that it supports: nothing is known about its mails.</exception>
    public async Task<ImmutableArray<MailListing>> ListAsync()
    {
        var sizes = await ListAsync(
            "LIST", line => Utf8Parser.TryParse(line, out long size, out _) ? Math.Clamp(size, 0, MaxListedBytes) : 0);
        if (sizes.Count == 0)
        {
            return [];
        }

        try
        {
            return MailListing.Join(sizes, await ListAsync("UIDL", Uidl));
        }
        catch (Pop3CommandException refusal) when (!Capabilities.Uidl && refusal.Reply.Code.Length == 0)
        {
            return MailListing.Join(sizes, uidls: null); // RFC 1939 §7: it is optional
        }
    }

    /// <summary>Queues a RETR for the next <see cref="FlushAsync"/>. The mails come in the order in which they were requested.</summary>
    /// <param name="number">From 1.</param>
    public void Request(int number) => wire.Write($"RETR {number}");

    /// <summary>Sends the queued requests.</summary>
    public Task FlushAsync() => wire.FlushAsync();

    /// <summary>The next requested mail. It must be read to its end before the session is used again.</summary>
    /// <param name="listed">Its size by LIST.</param>
    /// <exception cref="Pop3CommandException">The server refuses to send it; the session continues.</exception>
    public async ValueTask<RetrievedMail> NextMailAsync(long listed)
    {
        var reply = await wire.ReadReplyAsync();
        return reply.Ok ? new RetrievedMail(wire, listed) : throw new Pop3CommandException("RETR", reply);
    }

    /// <summary>Marks mails for deletion; QUIT deletes them.</summary>
    /// <param name="numbers">From 1.</param>
    /// <param name="oneByOne">Do not pipeline, even if the server announces it.</param>
    /// <returns>Mails that the server refused to mark, with its reply. They stay, and the next listing has them.</returns>
    /// <exception cref="Pop3DeletionException">The session broke at one of them; nothing is deleted.</exception>
    public async Task<Dictionary<int, string>> DeleteAsync(IReadOnlyList<int> numbers, bool oneByOne)
    {
        var refused = new Dictionary<int, string>();
        foreach (var batch in numbers.Chunk(Capabilities.Pipelining && !oneByOne ? PipelinedDeletes : 1))
        {
            batch.ToList().ForEach(number => wire.Write($"DELE {number}"));
            await wire.FlushAsync();
            var at = 0;
            try
            {
                for (; at < batch.Length; at++)
                {
                    if (await wire.ReadReplyAsync() is { Ok: false } reply)
                    {
                        refused[batch[at]] = reply.Text;
                    }
                }
            }
            catch (Exception e) when (e is Pop3ProtocolException or Pop3DisconnectedException or TimeoutException)
            {
                throw new Pop3DeletionException(batch[at], e);
            }
        }

        return refused;
    }

    /// <summary>Ends the session. A <c>+OK</c> says that the marked mails are deleted; null if the server sent no reply.</summary>
    public async Task<Pop3Reply?> QuitAsync()
    {
        wire.Write("QUIT");
        await wire.FlushAsync();
        try
        {
            return await wire.ReadReplyAsync();
        }
        catch (Pop3DisconnectedException)
        {
            return null;
        }
    }

    /// <summary>Closes the connection.</summary>
    public ValueTask DisposeAsync() => wire.DisposeAsync();

    /// <summary><c>TLS 1.3</c>.</summary>
    internal static string TlsName(SslProtocols protocol) => protocol.ToString() is ['T', 'l', 's', var major, .. var minor]
        ? $"TLS {major}.{(minor.Length > 0 ? minor : "0")}"
        : $"{protocol}";

    private async Task<Pop3Capabilities> CapabilitiesAsync()
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        wire.Write("CAPA");
        await wire.FlushAsync();
        if ((await wire.ReadReplyAsync()).Ok)
        {
            await ReadListingAsync(MaxCapabilities, line => lines.Add(wire.Redactor.Redact(line)));
        }

        return new(lines.ToImmutable());
    }

    private async Task<Pop3Reply> SendAsync(string command)
    {
        wire.Write(command);
        await wire.FlushAsync();
        var reply = await wire.ReadReplyAsync();
        return reply.Ok ? reply : throw new Pop3CommandException(command, reply);
    }

    /// <summary>A listing with one line per mail: its number and a value.</summary>
    private async Task<Dictionary<int, T>> ListAsync<T>(string command, Func<ReadOnlySpan<byte>, T> read)
    {
        await SendAsync(command);
        var mails = new Dictionary<int, T>();
        await ReadListingAsync(MaxListingLines, line =>
        {
            if (!Utf8Parser.TryParse(line, out int number, out var digits) || number < 1 || digits >= line.Length || line[digits] != ' ')
            {
                throw new Pop3ProtocolException($"{command} returned the line '{wire.Redactor.Redact(line)}'");
            }

            mails[number] = read(line[digits..].Trim((byte)' '));
        });
        return mails;
    }

    private static string Uidl(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= MaxUidlBytes ? Encoding.UTF8.GetString(bytes) : throw new Pop3ProtocolException($"a UIDL of {bytes.Length} bytes");

    private delegate void TakeLine(ReadOnlySpan<byte> line);

    private async Task ReadListingAsync(int maxLines, TakeLine take)
    {
        var bytes = 0L;
        for (var count = 0; count <= maxLines && bytes < MaxListingBytes; count++)
        {
            var line = await wire.ReadLineAsync();
            bytes += line.Length;
            if (line.Span.SequenceEqual("."u8))
            {
                return;
            }

            take(line.Span is [(byte)'.', ..] ? line.Span[1..] : line.Span);
        }

        throw new Pop3ProtocolException("a listing that does not end");
    }
}
