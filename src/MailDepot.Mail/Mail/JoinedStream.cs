namespace MailDepot.Mail;

/// <summary>Several streams read one after the other. Owns and disposes them.</summary>
public sealed class JoinedStream(params Stream[] parts) : ForwardOnlyStream
{
    private int at;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (; at < parts.Length && !buffer.IsEmpty; at++)
        {
            if (await parts[at].ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                return count;
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Array.ForEach(parts, part => part.Dispose());
        }

        base.Dispose(disposing);
    }
}
