namespace MailDepot.Mail;

/// <summary>Extracts uuencoded files from a plain text as it streams by; old programs attach files this way, several in a text.</summary>
/// <remarks>
/// A line such as <c>begin 644 of the story</c> proves nothing: the lines after it must look like data (<see cref="IsProven"/>).
/// Until then they are held, and become text again if they don't.
/// </remarks>
/// <param name="text">Gets the text without the files.</param>
/// <param name="open">Opens a file of this name; null if no more files are kept, and it stays text.</param>
internal sealed class UuText(Action<ReadOnlySpan<byte>> text, Func<ReadOnlyMemory<byte>, PartContent?> open) : IDisposable
{
    /// <summary>Bytes of the longest line examined: a name, or 63 encoded bytes.</summary>
    private const int MaxLineLength = 512;

    /// <summary>Lines that prove a file if none of them is full, as in a file of zeros whose blanks were stripped.</summary>
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

    /// <summary>A file has ended, or its content needs to be read.</summary>
    public bool NeedsPump => finished.Count > 0 || file is { NeedsPump: true };

    /// <summary>Takes the next decoded bytes of the text.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (count == 0 && file is null && held.Count == 0)
            {
                bytes = PassText(bytes);
                continue;
            }

            var end = bytes.IndexOf((byte)'\n');
            var piece = end < 0 ? bytes : bytes[..(end + 1)];
            bytes = bytes[piece.Length..];
            Collect(piece, isWhole: end >= 0);
        }
    }

    /// <summary>The text has ended.</summary>
    public void End()
    {
        if (count > 0)
        {
            TakeLine();
        }

        ReleaseHeld();
        Close(isWhole: false);
    }

    /// <summary>Lets the readers of the files' content process what has arrived.</summary>
    public async Task PumpAsync()
    {
        foreach (var ended in finished.Where(ended => ended.Content.NeedsPump))
        {
            await ended.Content.PumpAsync();
        }

        if (file is { NeedsPump: true } current)
        {
            await current.PumpAsync();
        }
    }

    /// <summary>Takes the next file that has ended; the caller disposes it.</summary>
    public bool TryTake(out UuFile ended) => finished.TryDequeue(out ended);

    /// <inheritdoc/>
    public void Dispose()
    {
        file?.Dispose();
        foreach (var ended in finished)
        {
            ended.Content.Dispose();
        }
    }

    /// <summary>Passes on text that can't start a file, and returns the rest: from the start of a line that may.</summary>
    private ReadOnlySpan<byte> PassText(ReadOnlySpan<byte> bytes)
    {
        if (!isInLine && MayBegin(bytes))
        {
            Collect(bytes[..1], isWhole: false);
            return bytes[1..];
        }

        var at = bytes.IndexOf("\nbegin "u8);
        if (at < 0)
        {
            // The next piece may continue a line that starts in this one.
            var tail = bytes[Math.Max(0, bytes.Length - Begin.Length)..].LastIndexOf((byte)'\n');
            at = tail < 0 ? bytes.Length : bytes.Length - Math.Min(bytes.Length, Begin.Length) + tail;
            at = at < bytes.Length && !MayBegin(bytes[(at + 1)..]) ? bytes.Length : at;
        }

        var passed = bytes[..Math.Min(bytes.Length, at + 1)];
        text(passed);
        isInLine = passed[^1] != '\n';
        return bytes[passed.Length..];
    }

    /// <summary>Starts with <see cref="Begin"/>, as far as the bytes go.</summary>
    private static bool MayBegin(ReadOnlySpan<byte> bytes) =>
        "begin "u8[..Math.Min(bytes.Length, Begin.Length)].SequenceEqual(bytes[..Math.Min(bytes.Length, Begin.Length)]);

    private void Collect(ReadOnlySpan<byte> piece, bool isWhole)
    {
        if (count + piece.Length > MaxLineLength)
        {
            // Too long for a line of a file: pass on what was collected, then this piece.
            EndFile();
            text(line.AsSpan(0, count));
            text(piece);
            (count, isInLine) = (0, !isWhole);
            return;
        }

        if (line.Length == 0)
        {
            line = new byte[MaxLineLength];
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

    /// <summary>False if the line does not belong to the file, which then ends.</summary>
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

    /// <summary>Holds the line, or opens a file with the held lines; false if the line can't belong to a file.</summary>
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

    /// <summary>
    /// A file is proven by its end, a full line (no prose looks like one), a zero line after data, or many lines of possible data.
    /// </summary>
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
