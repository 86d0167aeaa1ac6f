namespace MailDepot.Events;

/// <summary>How long the live log keeps events.</summary>
/// <param name="Days">1 to <see cref="MaxDays"/>.</param>
public sealed record EventOptions(int Days)
{
    /// <summary>Ten years: nobody asks for longer who did what, and the log is no archive.</summary>
    public const int MaxDays = 3_650;

    /// <summary>One sentence for each wrong value, which names its key.</summary>
    public IEnumerable<string> Errors() =>
        Days is < 1 or > MaxDays ? [$"MailDepot:EventDays is {Days}: the log keeps events for 1 to {MaxDays} days."] : [];
}
