using System.Text;

namespace MailDepot.Trust;

/// <summary>Makes servers' replies safe to show: without our secrets, which some repeat, or control characters, and not too long.</summary>
/// <remarks>Secrets are removed before the text is cut: otherwise the first half of one could be left at its end.</remarks>
internal sealed class ReplyRedactor
{
    /// <summary>Characters that are shown.</summary>
    private const int MaxLength = 300;

    /// <summary>
    /// Any piece of a secret with this many characters is hidden, too, because a server may cut the line that it repeats. Shorter pieces
    /// may be ordinary words.
    /// </summary>
    private const int PieceLength = 12;

    private const string Masked = "***";

    private readonly List<string> secrets = [];

    /// <summary>Hides this secret in all later texts, in upper or lower case.</summary>
    public void Hide(string secret)
    {
        if (secret.Length > 0)
        {
            secrets.Add(secret);
        }
    }

    /// <inheritdoc cref="Redact(string)" />
    public string Redact(ReadOnlySpan<byte> bytes) => Redact(Encoding.UTF8.GetString(bytes));

    /// <summary>The text as people may read it.</summary>
    public string Redact(string text)
    {
        var shown = WithoutSecrets(text.Trim());
        var cut = shown.Length > MaxLength ? shown[..MaxLength] + "…" : shown;
        return string.Concat(cut.Select(letter => char.IsControl(letter) ? '·' : letter));
    }

    private string WithoutSecrets(string text)
    {
        var shown = new StringBuilder(text.Length);
        for (var (at, hidden) = (0, 0); at < text.Length; at++)
        {
            var piece = secrets.Select(secret => Piece(secret, text.AsSpan(at))).DefaultIfEmpty().Max();
            if (at >= hidden)
            {
                shown.Append(piece > 0 ? Masked : text.AsSpan(at, 1));
            }

            hidden = Math.Max(hidden, at + piece);
        }

        return shown.ToString();
    }

    /// <summary>How many of the first characters belong to the secret; 0 for a piece too short to count.</summary>
    private static int Piece(string secret, ReadOnlySpan<char> text)
    {
        var piece = Math.Min(secret.Length, PieceLength);
        return text.Length >= piece && secret.AsSpan().Contains(text[..piece], StringComparison.OrdinalIgnoreCase) ? piece : 0;
    }
}
