using System.Net.Sockets;
using MailDepot.Events;
using MailKit;
using MailKit.Net.Pop3;
using MailKit.Security;

namespace MailDepot.Pop3;

/// <summary>From what broke to what a person reads.</summary>
internal static class Pop3Diagnosis
{
    /// <summary>The server as a person knows it.</summary>
    public static string Server(MailboxOptions mailbox) => $"{mailbox.Host}:{mailbox.Port}";

    /// <summary>What ended a visit to this mailbox.</summary>
    public static Pop3Failure Of(MailboxOptions mailbox, Exception failure)
    {
        var server = Server(mailbox);
        return failure switch
        {
            MailboxException known => known.Failure,
            SslHandshakeException { ServerCertificate: not null } => new(
                Pop3FailureKind.CertificateUntrusted, $"The certificate of {server} is not trusted, or is not for {mailbox.Host}.",
                "Name the certificate of its issuer in Certificate, or correct Host."),
            SslHandshakeException => new(
                Pop3FailureKind.TlsNotSpoken, $"{server} does not speak TLS there.", "Check Port and Security (usual are 995 for tls, 110 for starttls)."),
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                new(Pop3FailureKind.HostNotFound, $"There is no host {mailbox.Host}.", "Check Host, and the name server."),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
                new(Pop3FailureKind.ConnectionRefused, $"{server} refused the connection: nothing listens there.", "Check Host and Port, and whether the server runs."),
            SocketException cut => new(Pop3FailureKind.Unreachable, $"{server} can't be reached ({Failure.Words(cut)}).", "Check Host and Port, and whether the server runs."),
            TimeoutException => new(
                Pop3FailureKind.TimedOut, $"{server} is silent.", "Check Port and Security (usual are 995 for tls, 110 for starttls), and whether the server is well."),
            Pop3CommandException refusal => new(Pop3FailureKind.CommandRefused, $"{server} refused a command.", "The next poll tries again.", refusal.StatusText),
            Pop3ProtocolException or IOException or ServiceNotConnectedException =>
                new(Pop3FailureKind.ConnectionLost, $"The connection to {server} broke ({Failure.Words(failure)}).", "The next poll goes on."),
            OperationCanceledException => new(Pop3FailureKind.TakenOver, "Another process took this mailbox over.", "Nothing is to be done."),
            _ => new(Pop3FailureKind.Unexpected, $"It stopped because of this: {Failure.Words(failure)}.", "The next poll tries again."),
        };
    }
}
