namespace MailDepot.Tests;

/// <summary>Where test mail begins: <c>A.JournalReport().Sender("anna@example.com").Bcc("…").Around(A.Mail()…).Bytes()</c>.</summary>
public static class A
{
    /// <summary>A mail from Anna to Ben, with all that a mail needs.</summary>
    public static MailDraft Mail() => new();

    /// <summary>A journal report as Exchange Online sends it, with nothing in its envelope and nothing attached yet.</summary>
    public static ReportDraft JournalReport() => new();
}
