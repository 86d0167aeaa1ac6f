namespace MailDepot.Mail;

/// <summary>Takes uuencoded files out of a plain text that goes by in pieces: old programs attach that way, several in one text.</summary>
/// <remarks>
/// A line such as <c>begin 644 of the story</c> proves nothing: a file is one whose lines go on as they must
/// (<see cref="IsProven"/>). Until then they are held, and are text again if they don't.
/// </remarks>
/// <param name="text">Gets the text without the files.</param>
/// <param name="open">Makes a file of the name; null where no more files are kept, and it stays text.</param>
internal sealed class UuText(Action<ReadOnlySpan<byte>> text, Func<ReadOnlyMemory<byte>, PartContent?> open) : IDisposable
{
    /// <summary>Bytes of a line that are looked at: a name, or 63 bytes encoded.</summary>
    private const int LongestLine = 512;

    /// <summary>Lines of data that prove a file where none of them is full, as of a file of zeros whose blanks were stripped.</summary>
    private const int Enough = 16;

    private const string Begin = "begin ";

    private readonly List<byte[]> held = [];
    private readonly Queue<UuFile> finished = [];
    private readonly byte[] decoded = new byte[UuLines.MaxDecoded];
    private byte[] line = [];
    private int count;
    private bool isInLine;
    private bool hasZero;
    private UuLines? lines;
    private PartContent? file;
    private bool isUncertain;

    /// <summary>A file is over, or its own content has something to read.</summary>
    public bool NeedsPump => finished.Count > 0 || file is { NeedsPump: true };

    /// <summary>The next decoded bytes of the text.</summary>
    public void Feed(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            if (count == 0 && file is null && held.Count == 0)
            {
                octets = PassText(octets);
                continue;
            }

            var end = octets.IndexOf((byte)'\n');
            var piece = end < 0 ? octets : octets[..(end + 1)];
            octets = octets[piece.Length..];
            Collect(piece, isWhole: end >= 0);
        }
    }

    /// <summary>The text is over.</summary>
    public void End()
    {
        if (count > 0)
        {
            TakeLine();
        }

        ReleaseHeld();
        Close(isWhole: false);
    }

    /// <summary>Lets what is inside the files be read.</summary>
    public async Task PumpAsync()
    {
        foreach (var over in finished.Where(over => over.Content.NeedsPump))
        {
            await over.Content.PumpAsync();
        }

        if (file is { NeedsPump: true } going)
        {
            await going.PumpAsync();
        }
    }

    /// <summary>The next file that is over; the caller disposes of it.</summary>
    public bool TryTake(out UuFile over) => finished.TryDequeue(out over);

    /// <inheritdoc/>
    public void Dispose()
    {
        file?.Dispose();
        foreach (var over in finished)
        {
            over.Content.Dispose();
        }
    }

    /// <summary>Passes on what can't begin a file, and returns the rest: from the start of a line that may.</summary>
    private ReadOnlySpan<byte> PassText(ReadOnlySpan<byte> octets)
    {
        if (!isInLine && MayBegin(octets))
        {
            Collect(octets[..1], isWhole: false);
            return octets[1..];
        }

        var at = octets.IndexOf("\nbegin "u8);
        if (at < 0)
        {
            // The next piece may go on with what this one begins.
            var tail = octets[Math.Max(0, octets.Length - Begin.Length)..].LastIndexOf((byte)'\n');
            at = tail < 0 ? octets.Length : octets.Length - Math.Min(octets.Length, Begin.Length) + tail;
            at = at < octets.Length && !MayBegin(octets[(at + 1)..]) ? octets.Length : at;
        }

        var passed = octets[..Math.Min(octets.Length, at + 1)];
        text(passed);
        isInLine = passed[^1] != '\n';
        return octets[passed.Length..];
    }

    /// <summary>As far as it goes, and it may go on.</summary>
    private static bool MayBegin(ReadOnlySpan<byte> octets) =>
        "begin "u8[..Math.Min(octets.Length, Begin.Length)].SequenceEqual(octets[..Math.Min(octets.Length, Begin.Length)]);

    private void Collect(ReadOnlySpan<byte> piece, bool isWhole)
    {
        if (count + piece.Length > LongestLine)
        {
            // No line of a file: what came of it, then the rest as it comes.
            EndFile();
            text(line.AsSpan(0, count));
            text(piece);
            (count, isInLine) = (0, !isWhole);
            return;
        }

        if (line.Length == 0)
        {
            line = new byte[LongestLine];
        }

        piece.CopyTo(line.AsSpan(count));
        count += piece.Length;
        if (isWhole)
        {
            TakeLine();
        }
    }

    private void TakeLine()
    {
        var raw = line.AsSpan(0, count);
        count = 0;
        isInLine = raw[^1] != '\n';
        var words = raw.TrimEnd("\r\n"u8);
        var kind = UuLines.KindOf(words);
        if (file is not null && TakeInFile(words, kind))
        {
            return;
        }

        if (held.Count > 0 && kind is not UuLine.Begin && TakeInDoubt(raw, words, kind))
        {
            return;
        }

        ReleaseHeld();
        if (kind is UuLine.Begin)
        {
            held.Add(raw.ToArray());
            (lines, hasZero, isUncertain) = (new UuLines(), false, false);
        }
        else
        {
            text(raw);
        }
    }

    /// <summary>False if the line is not the file's, which is then over.</summary>
    private bool TakeInFile(ReadOnlySpan<byte> words, UuLine kind)
    {
        switch (kind)
        {
            case UuLine.Data:
                isUncertain |= hasZero;
                Decode(words);
                return true;
            case UuLine.Zero when !hasZero:
                hasZero = true;
                return true;
            case UuLine.End:
                Close(isWhole: true);
                return true;
            default:
                Close(isWhole: hasZero);
                return false;
        }
    }

    /// <summary>Holds the line, or makes a file of what is held; false if it can't belong to one.</summary>
    private bool TakeInDoubt(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> words, UuLine kind)
    {
        if (kind is UuLine.Foreign || (kind is UuLine.Zero or UuLine.Data && hasZero) || (kind is UuLine.End && held.Count == 1))
        {
            return false;
        }

        held.Add(raw.ToArray());
        if (!IsProven(words, kind))
        {
            hasZero |= kind is UuLine.Zero;
            return true;
        }

        var all = held.ToArray();
        held.Clear();
        _ = UuLines.TryReadBegin(all[0].AsSpan().TrimEnd("\r\n"u8), out var name);
        (file, hasZero) = (open(name.ToArray()), false);
        if (file is null)
        {
            Array.ForEach(all, passed => text(passed));
            return true;
        }

        foreach (var passed in all[1..])
        {
            _ = TakeInFile(passed.AsSpan().TrimEnd("\r\n"u8), UuLines.KindOf(passed.AsSpan().TrimEnd("\r\n"u8)));
        }

        return true;
    }

    /// <summary>Its end; a full line, which no words look like; a line of no bytes after data; or many lines that may be data.</summary>
    private bool IsProven(ReadOnlySpan<byte> words, UuLine kind)
    {
        const byte Full = (byte)'M'; // 45 bytes
        return kind is UuLine.End || (kind is UuLine.Data && words[0] == Full && UuLines.IsExact(words))
            || (kind is UuLine.Zero && words is [(byte)'`', ..] && held.Count > 2) || held.Count > Enough;
    }

    private void Decode(ReadOnlySpan<byte> words) => file!.Feed(decoded.AsSpan(0, lines!.Decode(words, decoded)));

    private void EndFile()
    {
        ReleaseHeld();
        Close(isWhole: hasZero);
    }

    private void ReleaseHeld()
    {
        held.ForEach(passed => text(passed));
        held.Clear();
    }

    private void Close(bool isWhole)
    {
        if (file is not null)
        {
            file.End(long.MaxValue, isCutOff: false);
            finished.Enqueue(new UuFile(file, isUncertain || !(isWhole || hasZero) || lines!.IsUncertain));
            file = null;
        }
    }
}
