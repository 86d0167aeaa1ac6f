using System.Buffers;
using System.IO.Pipelines;

namespace MailDepot.Tests.Smtp.Fuzz;

/// <summary>Measures how much unread input a reader leaves in the pipe when it waits for more.</summary>
internal sealed class WatchedReader(PipeReader pipe) : PipeReader
{
    private ReadOnlySequence<byte> last;

    /// <summary>The maximum, in bytes.</summary>
    public long MaxHeld { get; private set; }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (last.Slice(examined).IsEmpty)
        {
            MaxHeld = Math.Max(MaxHeld, last.Slice(consumed).Length);
        }

        last = default;
        pipe.AdvanceTo(consumed, examined);
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await pipe.ReadAsync(cancellationToken);
        last = result.Buffer;
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        var read = pipe.TryRead(out result);
        last = read ? result.Buffer : default;
        return read;
    }

    public override void CancelPendingRead() => pipe.CancelPendingRead();

    public override void Complete(Exception? exception = null) => pipe.Complete(exception);
}
