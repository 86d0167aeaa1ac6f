namespace MailDepot.Smtp;

/// <summary>Logs each address at most once a minute, and a limited number of them, so that a flood can't fill the log.</summary>
/// <param name="clock">Measures the minutes.</param>
internal sealed class LogThrottle(TimeProvider clock)
{
    /// <summary>Addresses logged in a minute.</summary>
    private const int Addresses = 100;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly HashSet<string> logged = new(StringComparer.Ordinal);
    private long began = clock.GetTimestamp();

    /// <summary>True if this address may be logged now; counts it.</summary>
    public bool TryLog(string address)
    {
        lock (gate)
        {
            if (clock.GetElapsedTime(began) >= Minute)
            {
                logged.Clear();
                began = clock.GetTimestamp();
            }

            return logged.Count < Addresses && logged.Add(address);
        }
    }
}
