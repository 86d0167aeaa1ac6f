namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Everything that can go wrong when a mailbox is collected. The names are in tables and in JSON.</summary>
public enum Pop3FailureKind
{
    /// <summary>The host name has no address.</summary>
    HostNotFound,

    /// <summary>Nothing listens on the port.</summary>
    ConnectionRefused,

    /// <summary>There is no route to the host.</summary>
    Unreachable,

    /// <summary>The server did not respond in time.</summary>
    TimedOut,

    /// <summary>TLS was expected, and the server speaks something else.</summary>
    TlsNotSpoken,

    /// <summary>Plain text was expected, and the port is for TLS.</summary>
    TlsPort,

    /// <summary>STLS was requested, and the server does not support it.</summary>
    StartTlsMissing,

    /// <summary>The server does not allow logins without TLS.</summary>
    TlsRequired,

    /// <summary>No TLS version or cipher in common.</summary>
    TlsTooOld,

    /// <summary>The certificate, or one above it, has expired or is not valid yet.</summary>
    CertificateExpired,

    /// <summary>The certificate has no trusted issuer.</summary>
    CertificateUntrusted,

    /// <summary>The certificate, or one above it, was revoked.</summary>
    CertificateRevoked,

    /// <summary>Revocation could not be checked.</summary>
    RevocationUnknown,

    /// <summary>The certificate is for another host name.</summary>
    CertificateName,

    /// <summary>The certificate does not match the configured fingerprint.</summary>
    CertificateChanged,

    /// <summary>A setting or file is missing or unusable where the mailbox is collected.</summary>
    Settings,

    /// <summary>User or password is wrong, or the account is locked.</summary>
    Login,

    /// <summary>The server does not support the configured login method.</summary>
    LoginMethod,

    /// <summary>The token endpoint issued no token.</summary>
    Token,

    /// <summary>Another session holds the mailbox (RFC 2449 §8.1.2).</summary>
    InUse,

    /// <summary>The server requires more time between logins (RFC 2449 §8.1.1).</summary>
    LoginDelay,

    /// <summary>The server reports a temporary problem (RFC 3206).</summary>
    ServerTemporary,

    /// <summary>The server reports a permanent problem (RFC 3206).</summary>
    ServerPermanent,

    /// <summary>The server refused a command that every server must accept.</summary>
    CommandRefused,

    /// <summary>The connection was lost.</summary>
    ConnectionLost,

    /// <summary>The server sent something that is not POP3.</summary>
    NotPop3,

    /// <summary>Some mails could not be fetched, in this run or earlier; the others were.</summary>
    MailsRefused,

    /// <summary>Collected mails are still in the mailbox although they should have been deleted.</summary>
    NotDeleted,

    /// <summary>The depot's storage does not accept the mail.</summary>
    Storage,

    /// <summary>An error that no other kind covers.</summary>
    Unexpected,
}
