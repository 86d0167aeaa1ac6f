using System.Net.Sockets;
using System.Security.Authentication;
using Azure;
using MailDepot.Events;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Turns exceptions and server replies into failures that people can act on.</summary>
internal static class Pop3Diagnosis
{
    /// <summary>The failure that an exception during a visit stands for.</summary>
    public static Pop3Failure Of(MailboxOptions mailbox, Exception failure) => failure switch
    {
        MailboxException known => known.Failure,
        SocketException socket => OfSocket(mailbox, socket),
        TimeoutException => Pop3Failure.ResponseTimedOut(mailbox),
        Pop3CommandException refusal => OfCode(mailbox, refusal.Reply)
            ?? Pop3Failure.CommandRefused(mailbox, refusal.Command, refusal.Reply.Text),
        Pop3DisconnectedException => Pop3Failure.ConnectionLost(mailbox, Failure.Describe(failure)),
        Pop3ProtocolException => Pop3Failure.NotPop3(mailbox, Failure.Describe(failure)),
        RequestFailedException or AggregateException when Failure.IsFull(failure) => Pop3Failure.StorageFull(Failure.Describe(failure)),
        RequestFailedException or AggregateException => Pop3Failure.Storage(Failure.Describe(failure)),
        _ => Pop3Failure.Unexpected(Failure.Describe(failure)),
    };

    /// <summary>The failure that a response code stands for (RFC 2449 §8.1, RFC 3206); null without a known code.</summary>
    public static Pop3Failure? OfCode(MailboxOptions mailbox, Pop3Reply reply) => reply.Code switch
    {
        "IN-USE" => Pop3Failure.InUse(mailbox, reply.Text),
        "LOGIN-DELAY" => Pop3Failure.LoginDelay(mailbox, reply.Text),
        "AUTH" => Pop3Failure.Login(mailbox, reply.Text),
        "SYS/PERM" => Pop3Failure.ServerPermanent(mailbox, reply.Text),
        "UNAVAILABLE" => Pop3Failure.ServerTemporary(mailbox, reply.Text), // IMAP's (RFC 5530 §3); servers of both protocols send it
        var code when code.StartsWith("SYS/", StringComparison.Ordinal) => Pop3Failure.ServerTemporary(mailbox, reply.Text),
        _ => null,
    };

    /// <summary>
    /// The server accepted the connection and closed it before the login: either it limits logins, or it is failing.
    /// </summary>
    public static bool IsClosedWithoutReply(Exception failure) =>
        failure is Pop3DisconnectedException or MailboxException { IsDisconnect: true };

    /// <summary>
    /// The server refuses a login although it accepted one a moment ago. Most often it limits logins, whatever it says, even if it
    /// rejects the secret that it just accepted; if not, the next poll reports it.
    /// </summary>
    public static bool IsTooSoon(MailboxOptions mailbox, Exception failure) => Of(mailbox, failure).Kind
        is Pop3FailureKind.InUse or Pop3FailureKind.LoginDelay or Pop3FailureKind.Login
        or Pop3FailureKind.ServerTemporary or Pop3FailureKind.CommandRefused;

    /// <summary>This soon after another session, the server refuses every login in this way.</summary>
    public static bool IsLimit(MailboxOptions mailbox, Exception failure) =>
        IsClosedWithoutReply(failure) || Of(mailbox, failure).Kind is Pop3FailureKind.LoginDelay or Pop3FailureKind.Login;

    /// <summary>A TLS handshake that failed before the certificate was judged.</summary>
    public static Pop3Failure OfHandshake(MailboxOptions mailbox, Exception failure)
    {
        var detail = failure is AuthenticationException { InnerException: { } inner } ? inner.ToString() : "";
        string[] nothingInCommon = ["protocol version", "unsupported protocol", "handshake failure", "no shared cipher"]; // OpenSSL's texts
        return nothingInCommon.Any(text => detail.Contains(text, StringComparison.OrdinalIgnoreCase))
            ? Pop3Failure.TlsTooOld(mailbox)
            : Pop3Failure.TlsNotSpoken(mailbox);
    }

    private static Pop3Failure OfSocket(MailboxOptions mailbox, SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => Pop3Failure.HostNotFound(mailbox),
        SocketError.ConnectionRefused => Pop3Failure.ConnectionRefused(mailbox),
        SocketError.TimedOut => Pop3Failure.ConnectTimedOut(mailbox),
        _ => Pop3Failure.Unreachable(mailbox, Failure.Describe(failure)),
    };
}
