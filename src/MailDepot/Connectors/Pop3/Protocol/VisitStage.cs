namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Where a visit is; the table <c>Mailboxes</c> has it, so any process can show it.</summary>
public enum VisitStage
{
    /// <summary>No visit is under way.</summary>
    Idle,

    /// <summary>Looking for the server, and agreeing on TLS.</summary>
    Connecting,

    /// <summary>Showing user and password.</summary>
    LoggingIn,

    /// <summary>Asking what is there.</summary>
    Listing,

    /// <summary>Mails are on their way into the spool.</summary>
    Collecting,

    /// <summary>The server deletes what was collected.</summary>
    Deleting,
}
