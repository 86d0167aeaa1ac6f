namespace MailDepot.Views;

/// <summary>An id as a person gives it: whole, or only its beginning.</summary>
/// <param name="Text">As it was given.</param>
/// <param name="First">The lowest id that begins so.</param>
/// <param name="Last">The highest; the same if the id is whole.</param>
public sealed record IdPrefix(string Text, Guid First, Guid Last)
{
    /// <summary>
    /// Hex digits that a beginning has at least: the id's time to 65 s, so that a lookup reads the rows of three minutes at most.
    /// </summary>
    public const int MinDigits = 8;

    private const int Digits = 32;

    /// <summary>The id that a text says, with or without hyphens; null if it is none.</summary>
    public static IdPrefix? Parse(string text)
    {
        if (Guid.TryParse(text, out var whole))
        {
            return new IdPrefix(text, whole, whole);
        }

        var digits = text.Replace("-", "", StringComparison.Ordinal);
        return digits.Length is >= MinDigits and < Digits && digits.All(char.IsAsciiHexDigit)
            ? new IdPrefix(text, Guid.ParseExact(digits.PadRight(Digits, '0'), "N"), Guid.ParseExact(digits.PadRight(Digits, 'f'), "N"))
            : null;
    }
}
