namespace MailDepot.Smtp;

/// <summary>Lets each address be told of once in a minute, and few of them: who knocks all the time, or from everywhere, fills no log.</summary>
/// <param name="clock">Measures the minutes.</param>
internal sealed class LogThrottle(TimeProvider clock)
{
    /// <summary>Addresses told of in a minute.</summary>
    private const int Addresses = 100;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock turn = new();
    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private long began = clock.GetTimestamp();

    /// <summary>True if this address may be told of now, which then counts as done.</summary>
    public bool TryTell(string address)
    {
        lock (turn)
        {
            if (clock.GetElapsedTime(began) >= Minute)
            {
                told.Clear();
                began = clock.GetTimestamp();
            }

            return told.Count < Addresses && told.Add(address);
        }
    }
}
