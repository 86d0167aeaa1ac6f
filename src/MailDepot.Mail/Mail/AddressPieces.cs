namespace MailDepot.Mail;

/// <summary>Splits a malformed address field at its commas and semicolons, except those in quoted names and comments.</summary>
/// <remarks>
/// A quotation mark opens a quoted name only at the start of a word, and only if another mark closes it with no address in
/// between: <c>"Some X &lt;some@example.com&gt;, "Ben" &lt;ben@example.net&gt;</c> has one mark too many. Each search resumes
/// where the last one ended, so time is linear in the field's length.
/// </remarks>
internal static class AddressPieces
{
    private const string Separators = ",;";

    /// <summary>The non-empty pieces, each with whether a comma directly precedes it.</summary>
    public static List<(string Piece, bool IsAfterComma)> Of(string text)
    {
        var pieces = new List<(string, bool)>();
        var (start, isAfterComma, lastBracket) = (0, false, text.LastIndexOf(')'));
        var (nextClose, nextBreak) = (-1, -1);
        for (var at = 0; at <= text.Length; at++)
        {
            if (at == text.Length || Separators.Contains(text[at]))
            {
                var piece = text[start..at].Trim();
                if (piece.Length > 0)
                {
                    pieces.Add((piece, isAfterComma));
                }

                isAfterComma = piece.Length > 0 && at < text.Length && text[at] == ',';
                start = at + 1;
            }
            else if (text[at] == '"' && (at == start || IsBorder(text[at - 1]))
                && at + 1 < text.Length && !Separators.Contains(text[at + 1]))
            {
                nextClose = nextClose > at ? nextClose : NextClose(text, at + 1);
                nextBreak = nextBreak > at ? nextBreak : NextBreak(text, at + 1);
                at = nextClose < nextBreak && nextClose < text.Length ? nextClose : at;
            }
            else if (text[at] == '(' && at < lastBracket)
            {
                at = text.IndexOf(')', at);
            }
        }

        return pieces;
    }

    /// <summary>Position of the next mark that can close a quoted name; the text's length if there is none.</summary>
    private static int NextClose(string text, int at)
    {
        for (; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == '"' && (at + 1 == text.Length || IsBorder(text[at + 1]) || text[at + 1] is '@'))
            {
                return at;
            }
        }

        return text.Length;
    }

    /// <summary>Position of the next closing angle bracket followed by a separator; the text's length if there is none.</summary>
    private static int NextBreak(string text, int at)
    {
        for (; at < text.Length; at++)
        {
            if (text[at] == '>' && Separators.Contains(text.AsSpan(at + 1).TrimStart() is [var next, ..] ? next : ' '))
            {
                return at;
            }
        }

        return text.Length;
    }

    private static bool IsBorder(char letter) => letter is ' ' or '\t' or ',' or ';' or '<' or ':' or '(';
}
