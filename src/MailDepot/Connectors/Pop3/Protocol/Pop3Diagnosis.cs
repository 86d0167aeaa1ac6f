using System.Net.Sockets;
using System.Security.Authentication;
using Azure;
using MailDepot.Events;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>From what broke to what a person reads.</summary>
internal static class Pop3Diagnosis
{
    private const string CheckPort = "Check Port and Security (usual are 995 for tls, 110 for starttls)";

    /// <summary>The server as a person knows it.</summary>
    public static string Server(MailboxOptions mailbox) => $"{mailbox.Host}:{mailbox.Port}";

    /// <summary>A mailbox's password, or what else its secret is, as a person finds it.</summary>
    /// <param name="what">The password.</param>
    public static string Secret(MailboxOptions mailbox, string what) =>
        mailbox.PasswordSetting.Length > 0 ? $"{what} in {mailbox.PasswordSetting}" : $"{what} (`maildepot pop3 edit {mailbox.Name} --password` gives another)";

    /// <summary>What ended a visit to this mailbox.</summary>
    public static Pop3Failure Of(MailboxOptions mailbox, Exception failure)
    {
        var server = Server(mailbox);
        return failure switch
        {
            MailboxException known => known.Failure,
            SocketException cut => OfSocket(mailbox, cut),
            TimeoutException => new(Pop3FailureKind.TimedOut, $"{server} is silent.", $"{CheckPort}, whether a firewall is in the way, and whether the server is well."),
            Pop3RefusalException refusal => OfCode(mailbox, refusal.Reply) ?? new(
                Pop3FailureKind.CommandRefused, $"{server} refused {refusal.Command}.", "The next poll tries again; ask the server's administrator if it stays so.", refusal.Reply.Text),
            Pop3CutException => new(Pop3FailureKind.ConnectionLost, $"The connection to {server} broke ({Failure.Describe(failure)}).", "The next poll goes on where this one ended."),
            Pop3GarbageException => new(
                Pop3FailureKind.NotPop3, $"{server} says what is not POP3: {Failure.Describe(failure)}.", $"{CheckPort}, and that it is a POP3 server. The next poll asks for one mail at a time."),
            RequestFailedException or AggregateException => OfStorage(failure),
            _ => new(Pop3FailureKind.Unexpected, $"It stopped because of this: {Failure.Describe(failure)}.", "The next poll tries again."),
        };
    }

    /// <summary>What a response code says (RFC 2449 §8.1, RFC 3206); null if the answer has none that we know.</summary>
    public static Pop3Failure? OfCode(MailboxOptions mailbox, Pop3Reply reply)
    {
        var server = Server(mailbox);
        return reply.Code switch
        {
            "IN-USE" => InUse(mailbox, reply.Text),
            "LOGIN-DELAY" => new(
                Pop3FailureKind.LoginDelay, $"{server} wants more time between two logins of {mailbox.User}.", "Set a longer Interval; the next poll tries again.", reply.Text),
            "AUTH" => new(Pop3FailureKind.Login, $"{server} does not let user {mailbox.User} in.", $"Check User, and {Secret(mailbox, "the password")}.", reply.Text),
            "SYS/PERM" => new(
                Pop3FailureKind.ServerPermanent, $"{server} has a fault that does not go away by itself.", "Tell the server's administrator these words.", reply.Text),
            "UNAVAILABLE" => Unwell(mailbox, reply.Text), // IMAP's (RFC 5530 §3), which servers of both give
            var code when code.StartsWith("SYS/", StringComparison.Ordinal) => Unwell(mailbox, reply.Text),
            _ => null,
        };
    }

    /// <summary>The server took the connection, and closed it before it let us in: a limit of logins looks so, and so does an outage.</summary>
    public static bool IsClosedWithoutAWord(Exception failure) => failure is Pop3CutException or MailboxException { IsCut: true };

    /// <summary>
    /// The server lets us in no more for now, though it did a moment ago: what it says need not be about the moment. A no to the
    /// very secret that it took is most often a limit of logins, too; if it is none, the next poll says so.
    /// </summary>
    public static bool IsTooSoon(MailboxOptions mailbox, Exception failure) =>
        Of(mailbox, failure).Kind is Pop3FailureKind.InUse or Pop3FailureKind.LoginDelay or Pop3FailureKind.Login or Pop3FailureKind.ServerTemporary or Pop3FailureKind.CommandRefused;

    /// <summary>So close to another session it says so of each login, not only of this one.</summary>
    public static bool IsLimit(MailboxOptions mailbox, Exception failure) => IsClosedWithoutAWord(failure) || Of(mailbox, failure).Kind is Pop3FailureKind.LoginDelay or Pop3FailureKind.Login;

    /// <summary>The server is unwell, and it will pass.</summary>
    public static Pop3Failure Unwell(MailboxOptions mailbox, string words) =>
        new(Pop3FailureKind.ServerTemporary, $"{Server(mailbox)} is unwell at the moment.", "The next poll tries again.", words);

    /// <summary>Another session has the mailbox.</summary>
    public static Pop3Failure InUse(MailboxOptions mailbox, string words) => new(
        Pop3FailureKind.InUse, $"Another session has the mailbox of {mailbox.User} on {Server(mailbox)}.",
        "Let no other program collect it; after a connection that broke, the server needs some minutes to notice.", words);

    /// <summary>A handshake that failed before a certificate was refused.</summary>
    public static Pop3Failure OfHandshake(MailboxOptions mailbox, Exception failure)
    {
        var told = failure is AuthenticationException { InnerException: { } inner } ? inner.ToString() : "";
        return told.Contains("protocol version", StringComparison.OrdinalIgnoreCase) || told.Contains("unsupported protocol", StringComparison.OrdinalIgnoreCase)
            || told.Contains("handshake failure", StringComparison.OrdinalIgnoreCase) || told.Contains("no shared cipher", StringComparison.OrdinalIgnoreCase)
            ? new(
                Pop3FailureKind.TlsTooOld, $"{Server(mailbox)} and we have no version of TLS in common.",
                "Have the server brought up to date; where MinimumTls is tls13, tls12 may be enough.")
            : new(Pop3FailureKind.TlsNotSpoken, $"{Server(mailbox)} does not speak TLS there.", CheckPort + ".");
    }

    private static Pop3Failure OfSocket(MailboxOptions mailbox, SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
            new(Pop3FailureKind.HostNotFound, $"There is no host {mailbox.Host}.", "Check Host, and the name server."),
        SocketError.ConnectionRefused =>
            new(Pop3FailureKind.ConnectionRefused, $"{Server(mailbox)} refused the connection: nothing listens there.", "Check Host and Port, and whether the server runs."),
        SocketError.TimedOut => new(Pop3FailureKind.TimedOut, $"{Server(mailbox)} does not answer.", "Check Host and Port, and whether a firewall is in the way."),
        _ => new(Pop3FailureKind.Unreachable, $"{Server(mailbox)} can't be reached ({Failure.Describe(failure)}).", "Check Host and Port, and the network."),
    };

    private static Pop3Failure OfStorage(Exception failure) => Failure.IsFull(failure)
        ? new(Pop3FailureKind.Storage, $"Our own storage is full ({Failure.Describe(failure)}); nothing was deleted on the server.", "Raise the storage account's limit.")
        : new(Pop3FailureKind.Storage, $"Our own storage takes no mail ({Failure.Describe(failure)}); nothing was deleted on the server.", "Look after the storage account; the next poll tries again.");
}
