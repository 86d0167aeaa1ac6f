using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>One session with a mailbox, from greeting to QUIT (RFC 1939). Disposing it without QUIT deletes nothing.</summary>
/// <remarks>Answers come in the order of the commands. Any exception but a refusal ends the session.</remarks>
internal sealed class Pop3Session : IAsyncDisposable
{
    /// <summary>Lines of a listing: more are no mailbox.</summary>
    private const int LongestListing = 5_000_000;

    /// <summary>Octets of a listing: for so many lines a number and the usual UIDL of 16 characters.</summary>
    private const long LargestListing = 128 * 1024 * 1024;

    /// <summary>Lines of the answer to CAPA; there are some twenty capabilities.</summary>
    private const int MostCapabilities = 200;

    /// <summary>Octets of a UIDL: RFC 1939 §7 has 70, and some servers take more.</summary>
    private const int LongestUidl = 500;

    /// <summary>Octets of a mail in a listing, 1 TiB: what goes beyond is not true, and a listing's mails together are still a number.</summary>
    private const long LargestMail = 1L << 40;

    /// <summary>DELEs on their way at once.</summary>
    private const int DeletesAtOnce = 100;

    private readonly Pop3Wire wire;

    private Pop3Session(Pop3Wire wire) => this.wire = wire;

    /// <summary>What the server can do, as it says after the login.</summary>
    public Pop3Capabilities Capabilities { get; private set; } = Pop3Capabilities.None;

    /// <summary>How the connection is secured.</summary>
    public MailboxSecurity Security { get; private set; }

    /// <summary>The same for people: <c>STARTTLS, TLS 1.3</c>.</summary>
    public string Secured => wire.Tls is { } tls ? $"{(Security is MailboxSecurity.StartTls ? "STARTTLS, " : "")}{TlsName(tls.SslProtocol)}" : "none";

    /// <summary>The TLS under it; null on a plain connection.</summary>
    public SslStream? Tls => wire.Tls;

    /// <summary>Connects and logs in.</summary>
    /// <param name="ct">Ends every wait of the session whenever it is cancelled.</param>
    public static async Task<Pop3Session> OpenAsync(Pop3Access access, CancellationToken ct)
    {
        access.At(VisitStage.Connecting);
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
        var connection = await Pop3Wire.ConnectAsync(access.Mailbox.Host, access.Mailbox.Port, access.Timeout, access.Clock, access.Ends, ct);
        var session = new Pop3Session(connection) { Security = security };
        try
        {
            var opening = new Pop3Opening(access.Mailbox, connection);
            if (security is MailboxSecurity.Tls)
            {
                await opening.BeginTlsAsync();
            }

            var greeting = await opening.GreetAsync();
            var offered = await session.AskCapabilitiesAsync();
            if (security is MailboxSecurity.StartTls)
            {
                await opening.StartTlsAsync(offered);
                offered = await session.AskCapabilitiesAsync();
            }

            access.At(VisitStage.LoggingIn);
            await new Pop3Login(access.Mailbox, access.Secret, access.Tokens).RunAsync(connection, greeting, offered, ct);
            session.Capabilities = offered.Lines.IsEmpty ? offered : await session.AskCapabilitiesAsync();
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Mails in the mailbox and their octets.</summary>
    public async Task<(int Mails, long Bytes)> StatAsync()
    {
        var words = (await AskAsync("STAT")).Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [var mails, var bytes, ..] && int.TryParse(mails, CultureInfo.InvariantCulture, out var count) && long.TryParse(bytes, CultureInfo.InvariantCulture, out var octets)
            ? (count, octets)
            : throw new Pop3ProtocolException($"STAT is answered '{wire.Redactor.Redact(string.Join(' ', words))}'");
    }

    /// <summary>Everything in the mailbox, in its order; without UIDLs where the server has none.</summary>
    /// <exception cref="Pop3CommandException">The server does not tell, though it can at other times: then nothing is known of its mails.</exception>
    public async Task<ImmutableArray<MailListing>> ListAsync()
    {
        var sizes = await AskListingAsync("LIST", line => Utf8Parser.TryParse(line, out long size, out _) ? Math.Clamp(size, 0, LargestMail) : 0);
        if (sizes.Count == 0)
        {
            return [];
        }

        try
        {
            return MailListing.Join(sizes, await AskListingAsync("UIDL", Uidl));
        }
        catch (Pop3CommandException refusal) when (!Capabilities.Uidl && refusal.Reply.Code.Length == 0)
        {
            return MailListing.Join(sizes, uidls: null); // RFC 1939 §7: it is optional
        }
    }

    /// <summary>Asks for a mail; it goes out with the next <see cref="FlushAsync"/>, and is answered in its turn.</summary>
    /// <param name="number">From 1.</param>
    public void AskFor(int number) => wire.Write($"RETR {number}");

    /// <summary>Sends what was asked.</summary>
    public Task FlushAsync() => wire.FlushAsync();

    /// <summary>The next mail that was asked for, to be read to its end before anything else.</summary>
    /// <param name="listed">Octets that LIST told of it.</param>
    /// <exception cref="Pop3CommandException">The server does not hand it over; the session goes on.</exception>
    public async ValueTask<RetrievedMail> NextMailAsync(long listed)
    {
        var reply = await wire.ReadReplyAsync();
        return reply.Ok ? new RetrievedMail(wire, listed) : throw new Pop3CommandException("RETR", reply);
    }

    /// <summary>Marks mails for deletion; QUIT deletes them.</summary>
    /// <param name="numbers">From 1.</param>
    /// <param name="oneByOne">The server may only say that it takes more.</param>
    /// <returns>Those that the server did not mark, with its words. They stay, and the next listing shows them.</returns>
    /// <exception cref="Pop3DeletionException">The session broke at one of them; nothing is deleted.</exception>
    public async Task<Dictionary<int, string>> DeleteAsync(IReadOnlyList<int> numbers, bool oneByOne)
    {
        var refused = new Dictionary<int, string>();
        foreach (var some in numbers.Chunk(Capabilities.Pipelining && !oneByOne ? DeletesAtOnce : 1))
        {
            some.ToList().ForEach(number => wire.Write($"DELE {number}"));
            await wire.FlushAsync();
            var at = 0;
            try
            {
                for (; at < some.Length; at++)
                {
                    if (await wire.ReadReplyAsync() is { Ok: false } reply)
                    {
                        refused[some[at]] = reply.Text;
                    }
                }
            }
            catch (Exception e) when (e is Pop3ProtocolException or Pop3DisconnectedException or TimeoutException)
            {
                throw new Pop3DeletionException(some[at], e);
            }
        }

        return refused;
    }

    /// <summary>Deletes what was marked, if the answer is a yes; null if there was none.</summary>
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
    internal static string TlsName(SslProtocols protocol) => protocol.ToString() is ['T', 'l', 's', var major, .. var minor] ? $"TLS {major}.{(minor.Length > 0 ? minor : "0")}" : $"{protocol}";

    private async Task<Pop3Capabilities> AskCapabilitiesAsync()
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        wire.Write("CAPA");
        await wire.FlushAsync();
        if ((await wire.ReadReplyAsync()).Ok)
        {
            await ReadListingAsync(MostCapabilities, line => lines.Add(wire.Redactor.Redact(line)));
        }

        return new(lines.ToImmutable());
    }

    private async Task<Pop3Reply> AskAsync(string command)
    {
        wire.Write(command);
        await wire.FlushAsync();
        var reply = await wire.ReadReplyAsync();
        return reply.Ok ? reply : throw new Pop3CommandException(command, reply);
    }

    /// <summary>A line a mail: its number, and something about it.</summary>
    private async Task<Dictionary<int, T>> AskListingAsync<T>(string command, Func<ReadOnlySpan<byte>, T> read)
    {
        await AskAsync(command);
        var mails = new Dictionary<int, T>();
        await ReadListingAsync(LongestListing, line =>
        {
            if (!Utf8Parser.TryParse(line, out int number, out var digits) || number < 1 || digits >= line.Length || line[digits] != ' ')
            {
                throw new Pop3ProtocolException($"a line of {command} is '{wire.Redactor.Redact(line)}'");
            }

            mails[number] = read(line[digits..].Trim((byte)' '));
        });
        return mails;
    }

    private static string Uidl(ReadOnlySpan<byte> octets) =>
        octets.Length <= LongestUidl ? Encoding.UTF8.GetString(octets) : throw new Pop3ProtocolException($"a UIDL of {octets.Length} octets");

    private delegate void TakeLine(ReadOnlySpan<byte> line);

    private async Task ReadListingAsync(int atMost, TakeLine take)
    {
        var octets = 0L;
        for (var count = 0; count <= atMost && octets < LargestListing; count++)
        {
            var line = await wire.ReadLineAsync();
            octets += line.Length;
            if (line.Span.SequenceEqual("."u8))
            {
                return;
            }

            take(line.Span is [(byte)'.', ..] ? line.Span[1..] : line.Span);
        }

        throw new Pop3ProtocolException("a listing without an end");
    }
}
