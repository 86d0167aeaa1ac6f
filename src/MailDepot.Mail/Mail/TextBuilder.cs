using System.Text;

namespace MailDepot.Mail;

/// <summary>The text of one message while its parts come by: of alternatives the best, of all others each.</summary>
internal sealed class TextBuilder
{
    /// <summary>
    /// HTML counts more than plain text where it says so much more: some programs write "Your mail program can't show
    /// this mail" beside it, and what was said would not be found.
    /// </summary>
    private const int MuchMore = 4;

    private readonly Stack<(bool IsAlternative, List<TextPiece> Pieces)> open = new([(false, [])]);

    /// <summary>A multipart begins.</summary>
    public void Begin(bool isAlternative) => open.Push((isAlternative, []));

    /// <summary>It ends; nothing happens once the message is finished.</summary>
    public void End()
    {
        if (open.Count == 1)
        {
            return;
        }

        var (isAlternative, pieces) = open.Pop();
        open.Peek().Pieces.AddRange(isAlternative && pieces.Count > 1 ? [Best(pieces)] : pieces);
    }

    /// <summary>A part's text; a blank one says nothing.</summary>
    public void Add(TextPiece piece)
    {
        var text = Tidy(piece.Text);
        if (text.Length > 0)
        {
            open.Peek().Pieces.Add(piece with { Text = text });
        }
    }

    /// <summary>What a winmail.dat says counts only where the mail itself says nothing.</summary>
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
        return pieces is not [var first, ..] ? null : new BodyText(message, string.Join("\n\n", pieces.Select(piece => piece.Text)), first.Form, first.Charset)
        {
            CharsetGuessed = pieces.Any(piece => piece.Guessed),
            IsCut = pieces.Any(piece => piece.IsCut),
        };
    }

    /// <summary>Plain text was written to be read so; HTML is what remains if there is none, or if it says much more.</summary>
    private static TextPiece Best(List<TextPiece> pieces)
    {
        var plain = pieces.FirstOrDefault(piece => piece.Form is TextForm.Plain && piece.IsBody);
        var rich = pieces.LastOrDefault(piece => piece.Form is not TextForm.Plain);
        return plain is null ? rich ?? pieces[0] : rich is not null && rich.Text.Length > MuchMore * plain.Text.Length ? rich : plain;
    }

    /// <summary>LF for any line end, a carriage return alone included, no blanks before it, no more than one empty line, nothing at the end; controls are blanks.</summary>
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

            // However many come before a line feed, they end one line with it.
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
/// <param name="IsBody">It is of a type that mail is written in: not a calendar entry or a table that stands beside it.</param>
internal sealed record TextPiece(string Text, TextForm Form, string Charset, bool Guessed, bool IsCut, bool IsBody = true);
