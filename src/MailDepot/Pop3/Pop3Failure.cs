using System.Net.Sockets;
using MailDepot.Events;
using MailKit;
using MailKit.Net.Pop3;
using MailKit.Security;

namespace MailDepot.Pop3;

/// <summary>A visit can't go on, for a reason that a person can change. The message is the sentence for that person.</summary>
public sealed class MailboxException(string sentence) : Exception(sentence);

/// <summary>What ended a visit, in a sentence for people. Nothing is lost by any of them: the next poll goes on.</summary>
internal static class Pop3Failure
{
    /// <summary>The server as a person knows it.</summary>
    public static string Server(MailboxOptions mailbox) => $"{mailbox.Host}:{mailbox.Port}";

    /// <summary>The sentence.</summary>
    public static string Sentence(MailboxOptions mailbox, Exception failure)
    {
        var server = Server(mailbox);
        return failure switch
        {
            MailboxException => failure.Message,
            SslHandshakeException { ServerCertificate: not null } =>
                $"The certificate of {server} is not trusted, or is not for {mailbox.Host}: name the certificate of its issuer in Certificate, or correct Host.",
            SslHandshakeException => $"{server} does not speak TLS there: check Port and Security (usual are 995 for tls, 110 for starttls).",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                $"There is no host {mailbox.Host}: check Host, and the name server.",
            SocketException refused => $"{server} can't be reached ({Failure.Words(refused)}): check Host and Port, and whether the server runs.",
            TimeoutException => $"{server} is silent: check Port and Security (usual are 995 for tls, 110 for starttls), and whether the server is well.",
            Pop3CommandException { StatusText.Length: > 0 } refusal => $"{server} refused: {refusal.StatusText}",
            Pop3CommandException => $"{server} refused a command.",
            Pop3ProtocolException or IOException or ServiceNotConnectedException => $"The connection to {server} broke ({Failure.Words(failure)}).",
            OperationCanceledException => "Another process took this mailbox over.",
            _ => $"It stopped because of this: {Failure.Words(failure)}.",
        };
    }
}
