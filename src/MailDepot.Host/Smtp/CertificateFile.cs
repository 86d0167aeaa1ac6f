using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailDepot.Connectors.Receiving;

namespace MailDepot.Host.Smtp;

/// <summary>The certificate in a file: PEM with the key in it or in a file beside it, or PFX.</summary>
/// <remarks>
/// Changes are detected by content, because the file time may not change: in a mounted Kubernetes secret only a folder's link
/// is repointed.
/// </remarks>
internal sealed class CertificateFile(string path, string keyPath) : ICertificateSource
{
    private const string CertificateKey = $"{DepotOptions.Section}:Smtp:{nameof(SmtpOptions.Certificate)}";
    private const string KeyKey = $"{DepotOptions.Section}:Smtp:{nameof(SmtpOptions.CertificateKey)}";

    private byte[] read = [];

    /// <summary>How long handshakes keep using the file that was read last.</summary>
    public TimeSpan Fresh => TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    /// <remarks>Completes synchronously: a file is read at once.</remarks>
    public ValueTask<X509Certificate2Collection?> ReadAsync(CancellationToken ct) => ValueTask.FromResult(Look());

    private X509Certificate2Collection? Look()
    {
        var bytes = Bytes(CertificateKey, path);
        var keyBytes = keyPath.Length == 0 ? [] : Bytes(KeyKey, keyPath);
        byte[] all = [.. bytes, .. keyBytes];
        if (read.AsSpan().SequenceEqual(all))
        {
            return null;
        }

        try
        {
            var certificate = CertificateText.Read(bytes, keyBytes);
            read = all;
            return certificate;
        }
        catch (CryptographicException wrong)
        {
            var files = keyPath.Length == 0 ? $"{CertificateKey} is '{path}'" : $"{CertificateKey} is '{path}' and {KeyKey} is '{keyPath}'";
            throw new CertificateException(
                $"{files}: that is no certificate with its key, as PEM or as PFX without a password "
                + $"({wrong.Message.TrimEnd('.')}).", wrong);
        }
    }

    private static byte[] Bytes(string key, string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var why = failure is FileNotFoundException or DirectoryNotFoundException
                ? "there is no such file"
                : $"it can't be read ({failure.Message.TrimEnd('.')})";
            throw new CertificateException($"{key} is '{path}': {why}.", failure);
        }
    }
}
