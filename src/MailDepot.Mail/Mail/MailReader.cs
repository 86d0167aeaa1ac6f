namespace MailDepot.Mail;

/// <summary>Reads a mail once, forward, and says what it found; the mail itself is never held.</summary>
public static class MailReader
{
    /// <summary>
    /// The version of all that makes facts of a mail, journal reports included. Raise it with every change after which the same
    /// mail may have other facts: `maildepot reread --older-reader` then reads what earlier versions read. 1 is what
    /// ledger lines without a version were read by.
    /// </summary>
    public const int Version = 2;

    /// <summary>
    /// Reads <paramref name="raw"/> to its end. No content makes it throw: what can't be parsed is a
    /// <see cref="MailReading.Defect"/>, and hash, length and observer are complete all the same.
    /// </summary>
    /// <param name="raw">The mail as received. Need not be seekable; is left open.</param>
    /// <param name="observer">Sees every octet once, in order, in this same pass.</param>
    /// <param name="ct">Cancels. Errors of the stream and of the observer come through, too.</param>
    public static Task<MailReading> ReadAsync(Stream raw, Action<ReadOnlySpan<byte>>? observer, CancellationToken ct) =>
        ReadAsync(raw, observer, withText: false, ct);

    /// <summary>The same, and <see cref="MailReading.Texts"/> with it: of parts of text their beginning is held, at most <see cref="BodyText.MaxBytes"/>.</summary>
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

    /// <summary>Parses as far as it goes. Null, or why it ended early, for a person.</summary>
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
            // The parser meets octets from strangers: whatever it trips over, the mail must be archived.
            return $"The MIME parser failed. {error.Message}";
        }
    }
}
