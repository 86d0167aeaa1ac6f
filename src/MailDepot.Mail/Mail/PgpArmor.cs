namespace MailDepot.Mail;

/// <summary>
/// Finds OpenPGP in a text as it streams by: a line <c>-----BEGIN PGP MESSAGE-----</c> (RFC 9580 §6.2) or
/// <c>… SIGNED MESSAGE-----</c> (§7).
/// </summary>
/// <remarks>Searches the encoded bytes, so it finds nothing in a base64 text.</remarks>
internal sealed class PgpArmor
{
    private readonly byte[] seam = new byte[2 * MaxLength];
    private int seamCount;

    private static ReadOnlySpan<byte> Begin => "\n-----BEGIN PGP "u8;

    /// <summary>Bytes of the longest line searched for, with the line end before it.</summary>
    private const int MaxLength = 35;

    /// <summary>The first one found, if any.</summary>
    public MailFlag? Found { get; private set; }

    /// <summary>Starts the next text, at the start of a line.</summary>
    public void Restart()
    {
        (Found, seamCount) = (null, 1);
        seam[0] = (byte)'\n';
    }

    /// <summary>Takes the next bytes.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (Found is not null)
        {
            return;
        }

        // First across the seam: the end of the previous bytes and the beginning of these.
        var head = bytes[..Math.Min(bytes.Length, MaxLength)];
        head.CopyTo(seam.AsSpan(seamCount));
        Look(seam.AsSpan(0, seamCount + head.Length));
        Look(bytes);
        var kept = bytes.Length >= MaxLength ? bytes[^MaxLength..] : seam.AsSpan(0, seamCount + bytes.Length);
        kept = kept[^Math.Min(kept.Length, MaxLength)..];
        kept.CopyTo(seam);
        seamCount = kept.Length;
    }

    private void Look(ReadOnlySpan<byte> text)
    {
        for (int at; Found is null && (at = text.IndexOf(Begin)) >= 0;)
        {
            text = text[(at + Begin.Length)..];
            Found = text.StartsWith("MESSAGE-----"u8) ? MailFlag.PgpEncrypted
                : text.StartsWith("SIGNED MESSAGE-----"u8) ? MailFlag.PgpSigned
                : null;
        }
    }
}
