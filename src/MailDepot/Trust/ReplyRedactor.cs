using System.Text;

namespace MailDepot.Trust;

/// <summary>What others say, fit to be shown: without our secrets, which some repeat, without control characters, and not too long.</summary>
/// <remarks>Secrets are taken out before the rest is cut, or the first half of one could be left at the end.</remarks>
internal sealed class ReplyRedactor
{
    /// <summary>Characters that a person reads.</summary>
    private const int LongestText = 300;

    /// <summary>So many characters of a secret are hidden as the whole is: who repeats a line may cut it. Fewer may be a word that anybody says.</summary>
    private const int TellingPiece = 12;

    private const string Masked = "***";

    private readonly List<string> secrets = [];

    /// <summary>From now on nobody reads this, in capitals or not.</summary>
    public void Hide(string secret)
    {
        if (secret.Length > 0)
        {
            secrets.Add(secret);
        }
    }

    /// <inheritdoc cref="Redact(string)" />
    public string Redact(ReadOnlySpan<byte> octets) => Redact(Encoding.UTF8.GetString(octets));

    /// <summary>What of it a person may read.</summary>
    public string Redact(string text)
    {
        var shown = WithoutSecrets(text.Trim());
        return string.Concat((shown.Length > LongestText ? shown[..LongestText] + "…" : shown).Select(letter => char.IsControl(letter) ? '·' : letter));
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

    /// <summary>How many of the first characters are of the secret; 0 where they are too few to tell anything.</summary>
    private static int Piece(string secret, ReadOnlySpan<char> text)
    {
        var piece = Math.Min(secret.Length, TellingPiece);
        return text.Length >= piece && secret.AsSpan().Contains(text[..piece], StringComparison.OrdinalIgnoreCase) ? piece : 0;
    }
}
