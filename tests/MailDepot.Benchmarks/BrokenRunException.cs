namespace MailDepot.Benchmarks;

/// <summary>A mail did not come through, or a program failed: such a run measures nothing.</summary>
/// <remarks>The message is one sentence for the person at the keyboard.</remarks>
internal sealed class BrokenRunException(string message) : Exception(message);
