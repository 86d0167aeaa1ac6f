using System.Security.Cryptography;
using MailDepot.Connectors.Pop3.Accounts;
using Microsoft.AspNetCore.DataProtection;

namespace MailDepot.Host.Local;

/// <summary>Passwords in a local folder: one file per mailbox, encrypted with keys in the folder <c>keys</c> beside them.</summary>
/// <remarks>
/// This protects a password from anyone who sees a file without the keys: in a partial backup, in a search, over a
/// shoulder. Against anyone who can read the whole folder, which is its owner and the machine's administrator, it protects
/// nothing: a program that logs in unattended must be able to read its password. Only the owner can access folder and files
/// (on Windows because of their location).
/// </remarks>
internal sealed class PasswordFiles(string folder) : IPasswordStore
{
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string Keys => Path.Combine(folder, "keys");

    /// <summary>What the library needs to keep passwords in folders.</summary>
    public static PasswordFolders Folders(LocalFolder depot) => new(depot.Passwords, folder => new PasswordFiles(folder));

    /// <inheritdoc />
    public string Place => $"the folder {folder}";

    /// <inheritdoc />
    public async Task<string?> ReadAsync(string mailbox, CancellationToken ct)
    {
        try
        {
            return File.Exists(FileOf(mailbox)) ? Protector(mailbox).Unprotect(await File.ReadAllTextAsync(FileOf(mailbox), ct)) : null;
        }
        catch (CryptographicException failure)
        {
            throw new PasswordStoreException(
                $"The password of mailbox {mailbox} in {Place} can't be deciphered with the keys beside it: give it again with "
                    + $"`maildepot pop3 edit {mailbox} --password`.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unusable(mailbox, "can't be read", failure);
        }
    }

    /// <inheritdoc />
    public async Task PutAsync(string mailbox, string password, CancellationToken ct)
    {
        try
        {
            MakeFolder(folder);
            MakeFolder(Keys);
            var content = Protector(mailbox).Protect(password);
            foreach (var key in Directory.EnumerateFiles(Keys))
            {
                MakeOwners(key); // written by the framework with the umask's permissions
            }

            // Written atomically: another process may be reading it.
            var written = $"{FileOf(mailbox)}.{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
            await WriteAsync(written, content, ct);
            File.Move(written, FileOf(mailbox), overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unusable(mailbox, "can't be stored", failure);
        }
    }

    /// <inheritdoc />
    public Task DeleteAsync(string mailbox, CancellationToken ct)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                File.Delete(FileOf(mailbox));
            }

            return Task.CompletedTask;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unusable(mailbox, "can't be deleted", failure);
        }
    }

    /// <summary>
    /// Created for each use: another process may have written the first key since. One mailbox's file can't be decrypted in the
    /// place of another's.
    /// </summary>
    private IDataProtector Protector(string mailbox) =>
        DataProtectionProvider.Create(new DirectoryInfo(Keys), protection => protection.SetApplicationName(nameof(MailDepot)))
            .CreateProtector("mailbox", mailbox);

    /// <summary>A mailbox's name has only characters that a file name can have, and no two names differ in case alone.</summary>
    private string FileOf(string mailbox) => Path.Combine(folder, $"{mailbox}.password");

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnersFolder);
        }
    }

    private static void MakeOwners(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, OwnersFile);
        }
    }

    private static async Task WriteAsync(string path, string content, CancellationToken ct)
    {
        var access = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            access.UnixCreateMode = OwnersFile;
        }

        await using var file = new FileStream(path, access);
        await using var text = new StreamWriter(file);
        await text.WriteAsync(content.AsMemory(), ct);
    }

    private PasswordStoreException Unusable(string mailbox, string what, Exception failure) =>
        new(
            $"The password of mailbox {mailbox} {what} in {Place} ({failure.Message.TrimEnd('.')}): see that this program's "
            + "user owns the folder, or name another in MailDepot:PasswordStore.", failure);
}
