using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace MailDepot.Mail;

/// <summary>The plain text of RTF (Rich Text Format 1.9.1): letters and line ends, no formatting.</summary>
/// <remarks>Works for HTML that Exchange wrapped in RTF (MS-OXRTFEX), too: its tags are destinations, which are skipped.</remarks>
internal sealed class RtfText
{
    /// <summary>Groups without document text.</summary>
    private static readonly FrozenSet<string> Hidden = FrozenSet.Create(
        StringComparer.Ordinal,
        "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "fldinst", "listtable", "listoverridetable", "rsidtbl",
        "generator", "header", "footer");

    private readonly StringBuilder text = new();
    private readonly List<byte> letters = [];
    private readonly Stack<Group> outer = [];
    private Encoding charset = Charsets.Western;
    private Group group = new(IsHidden: false, Fallback: 1);
    private int skip;

    private RtfText()
    {
    }

    /// <summary>The text; lines end in LF. Never fails.</summary>
    public static string Of(ReadOnlySpan<byte> rtf)
    {
        var reading = new RtfText();
        for (var at = 0; at < rtf.Length;)
        {
            at += reading.Read(rtf[at..]);
        }

        reading.EndLetters();
        return reading.text.ToString();
    }

    /// <summary>Reads a brace, a control or a letter; returns its length.</summary>
    private int Read(ReadOnlySpan<byte> rtf)
    {
        switch (rtf[0])
        {
            case (byte)'{':
                EndLetters();
                outer.Push(group);
                return 1;
            case (byte)'}':
                EndLetters();
                group = outer.TryPop(out var before) ? before : group;
                return 1;
            case (byte)'\\':
                return rtf.Length > 1 ? Control(rtf) : 1;
            case (byte)'\r' or (byte)'\n' or 0:
                return 1;
            default:
                AddLetter(rtf[0]);
                return 1;
        }
    }

    private int Control(ReadOnlySpan<byte> rtf)
    {
        if (char.IsAsciiLetter((char)rtf[1]))
        {
            return Word(rtf);
        }

        switch (rtf[1])
        {
            case (byte)'\'' when rtf.Length > 3
                && byte.TryParse(rtf[2..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var letter):
                AddLetter(letter);
                return 4;
            case (byte)'*':
                EndLetters();
                group = group with { IsHidden = true };
                break;
            case (byte)'\r' or (byte)'\n':
                Add('\n');
                break;
            case (byte)'~':
                Add(' ');
                break;
            case (byte)'_':
                Add('-');
                break;
            case (byte)'\\' or (byte)'{' or (byte)'}':
                AddLetter(rtf[1]);
                break;
        }

        return 2;
    }

    /// <summary>Reads a control word: letters, perhaps a number, and a blank that belongs to it.</summary>
    private int Word(ReadOnlySpan<byte> rtf)
    {
        var end = 1;
        while (end < rtf.Length && char.IsAsciiLetter((char)rtf[end]))
        {
            end++;
        }

        var word = Encoding.ASCII.GetString(rtf[1..end]);
        var numberStart = end;
        end += end < rtf.Length && rtf[end] is (byte)'-' ? 1 : 0;
        while (end < rtf.Length && char.IsAsciiDigit((char)rtf[end]))
        {
            end++;
        }

        int? number = int.TryParse(rtf[numberStart..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
        end += end < rtf.Length && rtf[end] is (byte)' ' ? 1 : 0;
        if (word is "bin" && number > 0)
        {
            return (int)Math.Min(rtf.Length, end + (long)number);
        }

        Apply(word, number);
        return end;
    }

    private void Apply(string word, int? number)
    {
        switch (word)
        {
            case "par" or "line" or "sect" or "page" or "row":
                Add('\n');
                break;
            case "tab" or "cell":
                Add('\t');
                break;
            case "u" when number is { } code:
                Add((char)code); // numbers above 32767 are written as negative
                skip = group.Fallback;
                break;
            case "uc" when number >= 0:
                group = group with { Fallback = Math.Min(number.Value, 100) };
                break;
            case "ansicpg" when number is { } page:
                charset = Charsets.OfCodePage(page) ?? charset;
                break;
            case var _ when Hidden.Contains(word):
                EndLetters();
                group = group with { IsHidden = true };
                break;
        }
    }

    /// <summary>Adds a byte in the document's charset; a character may take several.</summary>
    private void AddLetter(byte letter)
    {
        if (skip > 0)
        {
            skip--; // a fallback for readers that don't know the preceding \u
        }
        else if (!group.IsHidden)
        {
            letters.Add(letter);
        }
    }

    private void Add(char c)
    {
        EndLetters();
        _ = group.IsHidden ? text : text.Append(c);
    }

    private void EndLetters()
    {
        skip = 0;
        _ = text.Append(charset.GetString([.. letters]));
        letters.Clear();
    }

    /// <param name="IsHidden">The group contains no text.</param>
    /// <param name="Fallback">Fallback letters after each <c>\u</c>.</param>
    private readonly record struct Group(bool IsHidden, int Fallback);
}
