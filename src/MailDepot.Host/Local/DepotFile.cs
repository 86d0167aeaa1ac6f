using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailDepot.Connectors.Pop3.Accounts;

namespace MailDepot.Host.Local;

/// <summary>The settings that a running <c>up</c> leaves in its folder, so that other verbs find its depot.</summary>
internal static class DepotFile
{
    private static readonly JsonSerializerOptions Format = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>
    /// Writes it readable by its owner only: connection strings contain keys. Storage that configuration names is not written:
    /// verbs read it where `up` did. Passwords of mailboxes are left out, as everywhere.
    /// </summary>
    /// <param name="folder">The depot's folder.</param>
    /// <param name="options">The settings of the running depot.</param>
    /// <param name="ownStorage">The depot runs its storage itself.</param>
    /// <param name="ct">Stops.</param>
    public static async Task WriteAsync(LocalFolder folder, DepotOptions options, bool ownStorage, CancellationToken ct)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, object>(StringComparer.Ordinal)
            {
                [DepotOptions.Section] = new
                {
                    WorkStorage = ownStorage ? options.WorkStorage : null,
                    ArchiveStorage = ownStorage && options.ArchiveStorage.Length == 0 ? "" : null, // the environment may name another
                    Recipients = options.Recipients.ToImmutableArray(),
                    Mailboxes = options.Mailboxes.ToImmutableArray(),
                    PasswordStore = PasswordPlace.Absolute(options.PasswordStore),
                    options.Notices,
                    Smtp = new { options.Smtp.Port },
                },
            },
            Format);
        var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new FileStream(folder.DepotFile, access);
        await file.WriteAsync(json, ct);
    }
}
