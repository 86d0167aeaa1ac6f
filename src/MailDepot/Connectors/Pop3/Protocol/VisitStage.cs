namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Where a visit is. Stored in the table <c>Mailboxes</c>, so that any process can show it.</summary>
public enum VisitStage
{
    /// <summary>No visit is running.</summary>
    Idle,

    /// <summary>Connecting, up to and including the TLS handshake.</summary>
    Connecting,

    /// <summary>Sending user and password.</summary>
    LoggingIn,

    /// <summary>Reading LIST and UIDL.</summary>
    Listing,

    /// <summary>Fetching mails into the spool.</summary>
    Collecting,

    /// <summary>Deleting collected mails on the server.</summary>
    Deleting,
}
