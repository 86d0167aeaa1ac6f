using System.Globalization;

namespace MailDepot.Mail;

/// <summary>The name of an attached file, safe to display.</summary>
internal static class FileName
{
    /// <summary>Characters that Windows and Linux accept.</summary>
    public const int MaxLength = 255;

    /// <summary>
    /// Strips the path (<c>..\..\start.bat</c> becomes <c>start.bat</c>), control characters, and marks that reverse the writing
    /// direction, which disguise <c>fdp.exe</c> as <c>exe.pdf</c>. Null if nothing is left.
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

    /// <summary>Embeddings, overrides and isolates (UAX #9 §2), but not the two invisible marks that some languages need.</summary>
    private static bool TurnsDirection(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Format && c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
