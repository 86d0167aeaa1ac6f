using System.Text.Json.Serialization;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Why a visit to a mailbox ended early, or what it left undone. None of them loses mail: the next poll continues.</summary>
/// <remarks>
/// Only the factories in the other parts of this type make one, so the texts are in one place, and the table in
/// <c>src/guides/pop3.md</c> can be checked against them.
/// </remarks>
public sealed partial record Pop3Failure
{
    private const string CheckPort = "Check Port and Security (usually 995 for tls, 110 for starttls)";

    private Pop3Failure(Pop3FailureKind kind, string sentence, string wayOut, string? serverReply = null) =>
        (Kind, Sentence, WayOut, ServerReply) = (kind, sentence, wayOut, serverReply);

    /// <summary>The kind, for programs.</summary>
    public Pop3FailureKind Kind { get; init; }

    /// <summary>What is wrong: one sentence that names the server or the setting, with a full stop.</summary>
    public string Sentence { get; init; }

    /// <summary>What an administrator can do about it; one or two sentences.</summary>
    public string WayOut { get; init; }

    /// <summary>The server's reply without <c>-ERR</c> and without secrets; null if it gave none.</summary>
    [JsonPropertyName("serverWords")]
    public string? ServerReply { get; init; }

    /// <summary>The visit ran to its QUIT: the mailbox is collected, except for mails that need an administrator.</summary>
    public bool IsCollected => Kind is Pop3FailureKind.MailsRefused or Pop3FailureKind.NotDeleted;

    /// <summary>Sentence, server reply and way out in one line.</summary>
    public string Description => ServerReply is { Length: > 0 }
        ? $"{Sentence} It said: {ServerReply.TrimEnd('.')}. {WayOut}"
        : $"{Sentence} {WayOut}";

    /// <summary>A failure read back from the table <c>Mailboxes</c>, with the texts of the version that wrote it.</summary>
    internal static Pop3Failure FromRow(Pop3FailureKind kind, string sentence, string wayOut, string? serverReply) =>
        new(kind, sentence, wayOut, serverReply);

    /// <summary>Where the mailbox's password, token or client secret is set.</summary>
    /// <param name="what">What the secret is: <c>the password</c>.</param>
    private static string Secret(MailboxOptions mailbox, string what) => mailbox.PasswordSetting.Length > 0
        ? $"{what} in {mailbox.PasswordSetting}"
        : $"{what} (`maildepot pop3 edit {mailbox.Name} --password` sets a new one)";

    private static string Mails(int count) => count == 1 ? "1 mail" : $"{count} mails";
}
