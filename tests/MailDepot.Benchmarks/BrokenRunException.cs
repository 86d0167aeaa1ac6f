namespace MailDepot.Benchmarks;

/// <summary>A mail was lost or a program failed, so the run measures nothing.</summary>
/// <remarks>The message is one sentence for the person at the keyboard.</remarks>
internal sealed class BrokenRunException(string message) : Exception(message);
