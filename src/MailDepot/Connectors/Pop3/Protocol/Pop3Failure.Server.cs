namespace MailDepot.Connectors.Pop3.Protocol;

/// <content>Reaching the server, its replies, and everything that is not about TLS, login, mails or settings.</content>
public sealed partial record Pop3Failure
{
    internal static Pop3Failure HostNotFound(MailboxOptions mailbox) =>
        new(Pop3FailureKind.HostNotFound, $"The host name {mailbox.Host} can't be resolved.", "Check Host and this machine's DNS.");

    internal static Pop3Failure ConnectionRefused(MailboxOptions mailbox) => new(
        Pop3FailureKind.ConnectionRefused, $"{mailbox.Server} refused the connection: nothing listens there.",
        "Check Host and Port, and whether the server is running.");

    internal static Pop3Failure ConnectTimedOut(MailboxOptions mailbox) => new(
        Pop3FailureKind.TimedOut, $"The connection to {mailbox.Server} timed out.",
        "Check Host and Port, and whether a firewall blocks the connection.");

    internal static Pop3Failure Unreachable(MailboxOptions mailbox, string reason) =>
        new(Pop3FailureKind.Unreachable, $"{mailbox.Server} can't be reached ({reason}).", "Check Host, Port and the network.");

    internal static Pop3Failure ResponseTimedOut(MailboxOptions mailbox) => new(
        Pop3FailureKind.TimedOut, $"{mailbox.Server} did not respond in time.",
        $"{CheckPort}, whether a firewall blocks the connection, and whether the server works.");

    internal static Pop3Failure ConnectionLost(MailboxOptions mailbox, string reason) => new(
        Pop3FailureKind.ConnectionLost, $"The connection to {mailbox.Server} was lost ({reason}).",
        "The next poll continues where this one stopped.");

    internal static Pop3Failure NotPop3(MailboxOptions mailbox, string reason) => new(
        Pop3FailureKind.NotPop3, $"{mailbox.Server} sent an invalid reply: {reason}.",
        $"{CheckPort}, and that it is a POP3 server. The next poll fetches one mail at a time.");

    internal static Pop3Failure CommandRefused(MailboxOptions mailbox, string command, string reply) => new(
        Pop3FailureKind.CommandRefused, $"{mailbox.Server} refused {command}.",
        "The next poll tries again; if it keeps happening, ask the server's administrator.", reply);

    internal static Pop3Failure ServerTemporary(MailboxOptions mailbox, string reply) =>
        new(Pop3FailureKind.ServerTemporary, $"{mailbox.Server} reports a temporary problem.", "The next poll tries again.", reply);

    internal static Pop3Failure ServerPermanent(MailboxOptions mailbox, string reply) => new(
        Pop3FailureKind.ServerPermanent, $"{mailbox.Server} reports a permanent problem.",
        "Pass the server's reply on to its administrator.", reply);

    internal static Pop3Failure StorageFull(string reason) => new(
        Pop3FailureKind.Storage, $"The depot's own storage is full ({reason}); nothing was deleted on the server.",
        "Raise the storage account's limit.");

    internal static Pop3Failure Storage(string reason) => new(
        Pop3FailureKind.Storage, $"The depot's own storage accepts no mail ({reason}); nothing was deleted on the server.",
        "Check the storage account; the next poll tries again.");

    internal static Pop3Failure Unexpected(string reason) =>
        new(Pop3FailureKind.Unexpected, $"An unexpected error ended the poll: {reason}.", "The next poll tries again.");
}
