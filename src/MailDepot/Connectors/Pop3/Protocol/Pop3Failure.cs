
namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>What ended a visit to a mailbox, or what it left undone, for people. Nothing is lost by any of them: the next poll goes on.</summary>
/// <param name="Kind">What a program tells them apart by.</param>
/// <param name="Sentence">What is wrong; names the server, and ends with a full stop.</param>
/// <param name="WayOut">What a person does about it; one or two sentences.</param>
/// <param name="ServerWords">The server's own words, without <c>-ERR</c>; null where it said none.</param>
public sealed record Pop3Failure(Pop3FailureKind Kind, string Sentence, string WayOut, string? ServerWords = null)
{
    /// <summary>The visit ran to its QUIT: the mailbox is collected, but for what a person must look after.</summary>
    public bool IsCollected => Kind is Pop3FailureKind.MailsRefused or Pop3FailureKind.NotDeleted;

    /// <summary>All of it in a line.</summary>
    public string Description => ServerWords is { Length: > 0 } ? $"{Sentence} It said: {ServerWords.TrimEnd('.')}. {WayOut}" : $"{Sentence} {WayOut}";
}

/// <summary>Everything that can go wrong on the way to a mailbox.</summary>
public enum Pop3FailureKind
{
    /// <summary>No address has that name.</summary>
    HostNotFound,

    /// <summary>The machine is there, and nothing listens on the port.</summary>
    ConnectionRefused,

    /// <summary>No way leads to the machine.</summary>
    Unreachable,

    /// <summary>Nothing came in time.</summary>
    TimedOut,

    /// <summary>TLS was to begin, and what answers speaks something else.</summary>
    TlsNotSpoken,

    /// <summary>Plain text was to begin, and the port is one for TLS.</summary>
    TlsPort,

    /// <summary>STLS was to be used, and the server does not have it.</summary>
    StartTlsMissing,

    /// <summary>The server lets nobody log in without TLS.</summary>
    TlsRequired,

    /// <summary>Both sides speak TLS, and agree on no version or cipher.</summary>
    TlsTooOld,

    /// <summary>The certificate's time is over, or has not begun.</summary>
    CertificateExpired,

    /// <summary>Nobody whom we trust has signed the certificate.</summary>
    CertificateUntrusted,

    /// <summary>Its issuer has revoked the certificate, or one above it.</summary>
    CertificateRevoked,

    /// <summary>Whether the certificate was revoked could not be asked.</summary>
    RevocationUnknown,

    /// <summary>The certificate is another server's.</summary>
    CertificateName,

    /// <summary>The certificate is not the one whose fingerprint is set.</summary>
    CertificateChanged,

    /// <summary>A setting or a file is missing where the mailbox is collected.</summary>
    Settings,

    /// <summary>User or password are wrong, or the account is locked.</summary>
    Login,

    /// <summary>The server has no way to log in that we were told to use.</summary>
    LoginMethod,

    /// <summary>The token endpoint gave no token.</summary>
    Token,

    /// <summary>Another session has the mailbox (RFC 2449 §8.1.2).</summary>
    InUse,

    /// <summary>The server wants more time between logins (RFC 2449 §8.1.1).</summary>
    LoginDelay,

    /// <summary>The server is unwell, for now (RFC 3206).</summary>
    ServerTemporary,

    /// <summary>The server is unwell, until somebody mends it (RFC 3206).</summary>
    ServerPermanent,

    /// <summary>The server refused a command that it must take.</summary>
    CommandRefused,

    /// <summary>The connection ended in the middle.</summary>
    ConnectionLost,

    /// <summary>What came is not POP3.</summary>
    NotPop3,

    /// <summary>Some mails could not be fetched, now or earlier; the others were.</summary>
    MailsRefused,

    /// <summary>Mails that were collected stay in the mailbox, although they were to be deleted.</summary>
    NotDeleted,

    /// <summary>Our storage does not take the mail.</summary>
    Storage,

    /// <summary>Something that nobody foresaw.</summary>
    Unexpected,
}

/// <summary>A visit can't go on.</summary>
public sealed class MailboxException(Pop3Failure failure) : Exception(failure.Description)
{
    /// <inheritdoc cref="Pop3Failure" />
    public MailboxException(Pop3FailureKind kind, string sentence, string wayOut, string? serverWords = null)
        : this(new Pop3Failure(kind, sentence, wayOut, serverWords))
    {
    }

    /// <summary>For a person.</summary>
    public Pop3Failure Failure => failure;

    /// <summary>A secret was shown and refused: more of that may lock the account, whatever is wrong.</summary>
    public bool IsFailedLogin { get; init; }

    /// <summary>The connection ended, and nothing was said.</summary>
    public bool IsCut { get; init; }
}
