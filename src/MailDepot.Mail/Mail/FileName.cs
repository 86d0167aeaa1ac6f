using System.Globalization;

namespace MailDepot.Mail;

/// <summary>The name of an attached file, as it may be shown.</summary>
internal static class FileName
{
    /// <summary>Characters: what Windows and Linux take.</summary>
    public const int MaxLength = 255;

    /// <summary>
    /// Without its path (<c>..\..\start.bat</c> is <c>start.bat</c>), without controls, and without marks that turn the
    /// direction of writing, which make <c>exe.pdf</c> of <c>fdp.exe</c>. Null if nothing is left.
    /// </summary>
    public static string? Clean(string? name)
    {
        if (name is null)
        {
            return null;
        }

        name = name.Trim();
        var file = name[(name.AsSpan().TrimEnd("/\\").LastIndexOfAny('/', '\\') + 1)..];
        var shown = string.Concat(file.Where(c => !char.IsControl(c) && c is not ('/' or '\\') && !TurnsDirection(c))).Trim();
        return shown.Length == 0 || shown.All(c => c == '.') ? null : HeaderAllowance.Cut(shown, MaxLength);
    }

    /// <summary>Embeddings, overrides and isolates (UAX #9 §2); not the two invisible marks that languages need.</summary>
    private static bool TurnsDirection(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Format && c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
