using System.Text;

namespace MailDepot.Mail;

/// <summary>Builds the text of one message from its parts: the best of alternatives, and all others.</summary>
internal sealed class TextBuilder
{
    /// <summary>
    /// HTML wins over plain text if it is longer by this factor: some programs put only "Your mail program can't show this mail"
    /// into the plain text, and the real content would not be found.
    /// </summary>
    private const int MuchMore = 4;

    private readonly Stack<(bool IsAlternative, List<TextPiece> Pieces)> open = new([(false, [])]);

    /// <summary>A multipart begins.</summary>
    public void Begin(bool isAlternative) => open.Push((isAlternative, []));

    /// <summary>A multipart ends; ignored once the message is finished.</summary>
    public void End()
    {
        if (open.Count == 1)
        {
            return;
        }

        var (isAlternative, pieces) = open.Pop();
        open.Peek().Pieces.AddRange(isAlternative && pieces.Count > 1 ? [Best(pieces)] : pieces);
    }

    /// <summary>Adds a part's text, unless it is blank.</summary>
    public void Add(TextPiece piece)
    {
        var text = Tidy(piece.Text);
        if (text.Length > 0)
        {
            open.Peek().Pieces.Add(piece with { Text = text });
        }
    }

    /// <summary>Adds the text of a winmail.dat, which counts only if the mail itself has none.</summary>
    public void AddIfNone(TextPiece piece)
    {
        if (open.All(part => part.Pieces.Count == 0))
        {
            Add(piece);
        }
    }

    /// <summary>The text; null if the message has none.</summary>
    public BodyText? Finish(int message)
    {
        while (open.Count > 1)
        {
            End();
        }

        var pieces = open.Peek().Pieces;
        if (pieces is not [var first, ..])
        {
            return null;
        }

        return new BodyText(message, string.Join("\n\n", pieces.Select(piece => piece.Text)), first.Form, first.Charset)
        {
            CharsetGuessed = pieces.Any(piece => piece.Guessed),
            IsCut = pieces.Any(piece => piece.IsCut),
        };
    }

    /// <summary>Prefers plain text; takes HTML if there is none, or if it says much more.</summary>
    private static TextPiece Best(List<TextPiece> pieces)
    {
        var plain = pieces.FirstOrDefault(piece => piece.Form is TextForm.Plain && piece.IsBody);
        var rich = pieces.LastOrDefault(piece => piece.Form is not TextForm.Plain);
        return plain is null ? rich ?? pieces[0] : rich is not null && rich.Text.Length > MuchMore * plain.Text.Length ? rich : plain;
    }

    /// <summary>
    /// LF for every line end, even a CR alone; no trailing blanks, no two empty lines in a row, nothing at the end; control
    /// characters become blanks.
    /// </summary>
    private static string Tidy(string text)
    {
        var tidy = new StringBuilder(text.Length);
        var (lines, blanks, returns) = (0, 0, 0);
        foreach (var c in text)
        {
            if (c is '\n')
            {
                (lines, blanks, returns) = (lines + 1, 0, 0);
                continue;
            }

            if (c is '\r')
            {
                returns++;
                continue;
            }

            // Any number of CRs before a LF end one line with it.
            (lines, blanks, returns) = returns > 0 ? (lines + returns, 0, 0) : (lines, blanks, 0);
            if (c is ' ' or '\u00A0' || char.IsControl(c))
            {
                blanks += c is '\0' ? 0 : 1;
            }
            else
            {
                _ = tidy.Length == 0 ? tidy : tidy.Append('\n', Math.Min(lines, 2)).Append(' ', blanks);
                (lines, blanks) = (0, 0);
                _ = tidy.Append(c);
            }
        }

        return tidy.ToString();
    }
}

/// <summary>The text of one part.</summary>
/// <param name="Text">The text.</param>
/// <param name="Form">What it was extracted from.</param>
/// <param name="Charset">The charset it was decoded from.</param>
/// <param name="Guessed">The charset was guessed.</param>
/// <param name="IsCut">The part is longer.</param>
/// <param name="IsBody">The part's type is one that mail is written in, not a calendar entry or a table beside it.</param>
internal sealed record TextPiece(string Text, TextForm Form, string Charset, bool Guessed, bool IsCut, bool IsBody = true);
