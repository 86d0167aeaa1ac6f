namespace MailDepot.Mail;

/// <summary>Gzip (RFC 1952).</summary>
public static class Gzip
{
    /// <summary>An empty gzip file: for empty input .NET's stream writes no bytes at all, which is not a valid one.</summary>
    public static ReadOnlyMemory<byte> Empty { get; } = new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
}
