namespace MailDepot.Mail;

/// <summary>Reads a mail in one forward pass and returns what it found, without holding the mail in memory.</summary>
public static class MailReader
{
    /// <summary>
    /// The version of the reader, journal reports included. Increase it with every change that can give the same mail other facts:
    /// `maildepot reread --older-reader` then reads again what earlier versions read. Ledger lines without a version count as 1.
    /// </summary>
    public const int Version = 2;

    /// <summary>
    /// Reads <paramref name="raw"/> to its end. No content makes it throw: if parsing fails, there is a
    /// <see cref="MailReading.Defect"/>, and the hash and length still cover, and the observer still sees, the whole mail.
    /// </summary>
    /// <param name="raw">The mail as received. Need not be seekable; is left open.</param>
    /// <param name="observer">Sees every byte once, in order, in the same pass.</param>
    /// <param name="ct">Cancels. Errors of the stream and of the observer propagate.</param>
    public static Task<MailReading> ReadAsync(Stream raw, Action<ReadOnlySpan<byte>>? observer, CancellationToken ct) =>
        ReadAsync(raw, observer, withText: false, ct);

    /// <summary>
    /// The same with <see cref="MailReading.Texts"/>: holds the start of text parts in memory, at most
    /// <see cref="BodyText.MaxBytes"/>.
    /// </summary>
    public static Task<MailReading> ReadWithTextAsync(Stream raw, Action<ReadOnlySpan<byte>>? observer, CancellationToken ct) =>
        ReadAsync(raw, observer, withText: true, ct);

    private static async Task<MailReading> ReadAsync(Stream raw, Action<ReadOnlySpan<byte>>? observer, bool withText, CancellationToken ct)
    {
        using var tap = new MailTap(raw, observer);
        using var walk = new MailWalk(tap, withText);
        var defect = await WalkAsync(walk, tap, ct);
        walk.Finish();
        var parsed = tap.Skipped + walk.Position;
        await tap.DrainAsync(ct);
        if (defect is null && parsed < tap.Bytes)
        {
            defect = $"The MIME parser stopped after {parsed} of {tap.Bytes} octets.";
        }

        return new MailReading
        {
            Sha256 = tap.Finish(),
            Bytes = tap.Bytes,
            Facts = walk.Facts,
            ClaimsJournalReport = walk.ClaimsJournalReport,
            Messages = [.. walk.Messages],
            Tnef = walk.Tnef,
            Texts = [.. walk.Texts],
            Defect = defect,
        };
    }

    /// <summary>Parses as far as possible. Returns null, or a sentence that says why it stopped early.</summary>
    private static async Task<string?> WalkAsync(MailWalk walk, MailTap tap, CancellationToken ct)
    {
        try
        {
            await walk.ReadMessageAsync(ct);
            return null;
        }
        catch (FormatException error) when (!tap.SourceFailed)
        {
            return tap.Bytes == 0 ? "The mail is empty." : $"The mail can't be parsed. {error.Message}";
        }
        catch (Exception error) when (!tap.SourceFailed && error is not OperationCanceledException)
        {
            // Untrusted input: whatever the parser trips over, the mail must be archived.
            return $"The MIME parser failed. {error.Message}";
        }
    }
}
