namespace MailDepot.Functions;

/// <summary>
/// A call that the Functions host cancelled. It is logged and exported, by the worker and by the host, as one line: a stack of some
/// kilobytes would only show where each call was when the host stopped.
/// </summary>
internal sealed class CancelledCallException(string function)
    : OperationCanceledException($"{function} was cancelled by the Functions host. Its message comes back.")
{
    /// <inheritdoc />
    public override string? StackTrace => null;

    /// <inheritdoc />
    public override string ToString() => Message;
}
