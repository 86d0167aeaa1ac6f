using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailKit;
using MailKit.Net.Pop3;
using MailKit.Security;

namespace MailDepot.Pop3;

/// <summary>One connection to a mailbox, from greeting to QUIT (RFC 1939). Disposing it without QUIT deletes nothing.</summary>
/// <remarks>
/// Reads can hang in spite of their time limit (MailKit#1204). So we own the socket: whoever cancels closes it, and a
/// server from which nothing comes for a while counts as cut off.
/// </remarks>
internal sealed class Pop3Session : ITransferProgress, IAsyncDisposable
{
    private readonly MailboxOptions mailbox;
    private readonly TimeSpan patience;
    private readonly CancellationToken caller;
    private readonly CancellationTokenSource silence;
    private readonly CancellationTokenSource ended;
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly LastReply reply = new();
    private readonly Pop3Client client;
    private X509Certificate2? shown;

    private Pop3Session(MailboxOptions mailbox, TimeSpan patience, TimeProvider clock, CancellationToken ct)
    {
        (this.mailbox, this.patience, caller) = (mailbox, patience, ct);
        silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        ended = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
        ended.Token.Register(socket.Dispose);
        client = new Pop3Client(reply) { Timeout = Timeout.Infinite };
        var trust = mailbox.Certificate.Length > 0 ? ServerTrust.Load(mailbox.Certificate) : null;
        client.CheckCertificateRevocation = trust is null;
        client.ServerCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            shown = (X509Certificate2?)certificate;
            return errors == System.Net.Security.SslPolicyErrors.None || trust?.Accepts(certificate, errors) is true;
        };
    }

    /// <summary>Connects and logs in.</summary>
    /// <param name="patience">How long nothing may come when an answer is due.</param>
    /// <param name="ct">Closes the connection whenever it is cancelled.</param>
    public static async Task<Pop3Session> OpenAsync(MailboxOptions mailbox, string password, TimeSpan patience, TimeProvider clock, CancellationToken ct)
    {
        var session = new Pop3Session(mailbox, patience, clock, ct);
        try
        {
            await session.AskAsync(session.ConnectAsync);
            await session.AskAsync(cancel => session.LogInAsync(password, cancel));
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>What is known after the login.</summary>
    public Pop3ProbeResult Found() => new(
        mailbox.Security, client.IsSecure ? $"{client.SslProtocol}" : null, shown?.Subject, shown?.NotAfter, [$"{client.Capabilities}"], client.Count, client.Size, null);

    /// <summary>Everything in the mailbox, in its order.</summary>
    /// <exception cref="MailboxException">The server has no UIDL.</exception>
    public async Task<ImmutableArray<ListedMails>> ListAsync()
    {
        if (client.Count == 0)
        {
            return [];
        }

        try
        {
            var uidls = await AskAsync(client.GetMessageUidsAsync);
            var sizes = await AskAsync(client.GetMessageSizesAsync);
            return uidls.Count == sizes.Count
                ? ListedMails.Join(uidls, sizes)
                : throw new MailboxException(
                    Pop3FailureKind.NotPop3, $"{Pop3Diagnosis.Server(mailbox)} lists {uidls.Count} mails by UIDL and {sizes.Count} by LIST; nothing was collected.", "The next poll tries again.");
        }
        catch (NotSupportedException)
        {
            throw new MailboxException(
                Pop3FailureKind.CommandRefused, $"{Pop3Diagnosis.Server(mailbox)} has no UIDL, without which a mail could come twice or be lost.", "Use a server that has it.");
        }
    }

    /// <summary>The mails, all in memory (MailKit does not stream), asked for at once where the server takes that.</summary>
    /// <exception cref="Pop3CommandException">The server refused one of them; the session goes on.</exception>
    public Task<IList<Stream>> RetrieveAsync(IList<int> numbers) => AskAsync(cancel => client.GetStreamsAsync(numbers, headersOnly: false, cancel, this));

    /// <summary>Marks mails for deletion; QUIT deletes them. One that the server refuses to delete stays, and its UIDL is known.</summary>
    public async Task DeleteAsync(IList<int> numbers)
    {
        if (numbers.Count == 0)
        {
            return;
        }

        try
        {
            await AskAsync(cancel => client.DeleteMessagesAsync(numbers, cancel));
        }
        catch (Pop3CommandException)
        {
            foreach (var number in numbers)
            {
                await DeleteOneAsync(number);
            }
        }
    }

    /// <summary>Deletes what was marked; false if the server did not say that it did.</summary>
    public async Task<bool> QuitAsync()
    {
        reply.Listen();
        await AskAsync(cancel => client.DisconnectAsync(quit: true, cancel));
        return reply.Ok;
    }

    /// <summary>Octets came: the server is alive.</summary>
    public void Report(long bytesTransferred) => silence.CancelAfter(patience);

    /// <inheritdoc cref="Report(long)" />
    public void Report(long bytesTransferred, long totalSize) => silence.CancelAfter(patience);

    /// <summary>Closes the connection.</summary>
    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        client.Dispose();
        ended.Dispose();
        silence.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ConnectAsync(CancellationToken ct)
    {
        try
        {
            await socket.ConnectAsync(mailbox.Host, mailbox.Port, ct);
            await client.ConnectAsync(socket, mailbox.Host, mailbox.Port, Security(mailbox.Security), ct);
        }
        catch (NotSupportedException)
        {
            throw new MailboxException(
                Pop3FailureKind.StartTlsMissing, $"{Pop3Diagnosis.Server(mailbox)} does not offer STARTTLS.", "Set Security to tls with the port for it (usually 995).");
        }
    }

    /// <summary>One mechanism: MailKit would try all in turn, and a wrong password would be three failed logins.</summary>
    private async Task LogInAsync(string password, CancellationToken ct)
    {
        var login = new NetworkCredential(mailbox.User, password);
        reply.Listen();
        try
        {
            if (client.AuthenticationMechanisms.Contains("PLAIN"))
            {
                await client.AuthenticateAsync(new SaslMechanismPlain(Encoding.UTF8, login), ct);
            }
            else
            {
                client.AuthenticationMechanisms.Clear(); // leaves USER and PASS (RFC 1939 §7)
                client.Capabilities &= ~Pop3Capabilities.Apop;
                await client.AuthenticateAsync(Encoding.UTF8, login, ct);
            }
        }
        catch (AuthenticationException)
        {
            throw new MailboxException(
                Pop3FailureKind.Login, $"{Pop3Diagnosis.Server(mailbox)} does not let user {mailbox.User} in.", $"Check User, and the password in {mailbox.PasswordSetting}.", reply.Text);
        }
        finally
        {
            reply.Listening = false;
        }
    }

    private async Task DeleteOneAsync(int number)
    {
        try
        {
            await AskAsync(cancel => client.DeleteMessageAsync(number, cancel));
        }
        catch (Pop3CommandException)
        {
            // marked already, or refused: the next listing shows it
        }
    }

    private Task<bool> AskAsync(Func<CancellationToken, Task> ask) => AskAsync(async ct =>
    {
        await ask(ct);
        return true;
    });

    /// <summary>Never waits longer than patience goes, even if what is asked never returns.</summary>
    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask)
    {
        silence.CancelAfter(patience);
        try
        {
            return await ask(ended.Token).WaitAsync(ended.Token);
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            caller.ThrowIfCancellationRequested();
            throw new TimeoutException();
        }
        finally
        {
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private static SecureSocketOptions Security(MailboxSecurity security) => security switch
    {
        MailboxSecurity.Tls => SecureSocketOptions.SslOnConnect,
        MailboxSecurity.StartTls => SecureSocketOptions.StartTls,
        _ => SecureSocketOptions.None,
    };
}
