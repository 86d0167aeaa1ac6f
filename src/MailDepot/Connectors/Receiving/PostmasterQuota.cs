namespace MailDepot.Connectors.Receiving;

/// <summary>Limits how many mails the postmaster gets: anyone may send them, and each is kept for a person to read.</summary>
/// <param name="mails">Mails in any hour, from all clients together.</param>
/// <param name="clock">Measures the hour.</param>
public sealed class PostmasterQuota(int mails, TimeProvider clock)
{
    /// <summary>For a person who looks at quarantine once a day.</summary>
    public const int MailsPerHour = 10;

    private readonly Lock gate = new();
    private readonly Queue<DateTimeOffset> taken = [];

    /// <summary>Counts a mail, even if it never arrives; false if this hour's quota is used up.</summary>
    public bool TryTake()
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            while (taken.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromHours(1))
            {
                taken.Dequeue();
            }

            if (taken.Count >= mails)
            {
                return false;
            }

            taken.Enqueue(now);
            return true;
        }
    }
}
