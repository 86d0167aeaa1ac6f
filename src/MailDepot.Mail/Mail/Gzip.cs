namespace MailDepot.Mail;

/// <summary>Gzip (RFC 1952).</summary>
public static class Gzip
{
    /// <summary>The member that unpacks to nothing: .NET's stream writes no octet at all for it, which is no gzip file.</summary>
    public static ReadOnlyMemory<byte> Empty { get; } = new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
}
