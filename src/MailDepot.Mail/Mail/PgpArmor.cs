namespace MailDepot.Mail;

/// <summary>Finds OpenPGP in a text as it streams by: a line <c>-----BEGIN PGP MESSAGE-----</c> (RFC 9580 §6.2) or <c>… SIGNED MESSAGE-----</c> (§7).</summary>
/// <remarks>Looks at the octets on the wire; a text in base64 hides it.</remarks>
internal sealed class PgpArmor
{
    private readonly byte[] seam = new byte[2 * Longest];
    private int seamCount;

    private static ReadOnlySpan<byte> Begin => "\n-----BEGIN PGP "u8;

    /// <summary>Octets of the longest line looked for, with the line end before it.</summary>
    private const int Longest = 35;

    /// <summary>What was found first, if anything.</summary>
    public MailFlag? Found { get; private set; }

    /// <summary>For the next text, which begins a line.</summary>
    public void Restart()
    {
        (Found, seamCount) = (null, 1);
        seam[0] = (byte)'\n';
    }

    /// <summary>The next octets.</summary>
    public void Feed(ReadOnlySpan<byte> octets)
    {
        if (Found is not null)
        {
            return;
        }

        // Over the seam first: the end of what came before, with the beginning of this.
        var head = octets[..Math.Min(octets.Length, Longest)];
        head.CopyTo(seam.AsSpan(seamCount));
        Look(seam.AsSpan(0, seamCount + head.Length));
        Look(octets);
        var kept = octets.Length >= Longest ? octets[^Longest..] : seam.AsSpan(0, seamCount + octets.Length);
        kept = kept[^Math.Min(kept.Length, Longest)..];
        kept.CopyTo(seam);
        seamCount = kept.Length;
    }

    private void Look(ReadOnlySpan<byte> text)
    {
        for (int at; Found is null && (at = text.IndexOf(Begin)) >= 0;)
        {
            text = text[(at + Begin.Length)..];
            Found = text.StartsWith("MESSAGE-----"u8) ? MailFlag.PgpEncrypted : text.StartsWith("SIGNED MESSAGE-----"u8) ? MailFlag.PgpSigned : null;
        }
    }
}
