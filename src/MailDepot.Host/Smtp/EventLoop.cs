using MailDepot.Smtp;

namespace MailDepot.Host.Smtp;

/// <summary>Has one thread wait for all sockets of the process and serve them there and then, as an event loop does.</summary>
/// <remarks>
/// By .NET's default each arrival of octets is handed from the thread that waits to one of the pool, and idle threads of
/// the pool spin for more: short SMTP sessions spend a third of their processor time on that (RESULTS.md, SMTP). Here
/// nothing is handed over, so nothing on that thread may block or work for long: mails are compressed and handshakes
/// signed on the pool, where a client that never pauses finds itself too (<see cref="SmtpEndpoint.OneThread"/>), and no
/// client's certificate chain is fetched. For the role <c>smtp</c> alone: beside an archiver, as in <c>up</c>, the loop would not be its own.
/// </remarks>
internal static class EventLoop
{
    /// <summary>It has begun.</summary>
    public static bool IsRunning { get; private set; }

    /// <summary>Before the process has used a socket; later it changes nothing.</summary>
    public static void Begin()
    {
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
        IsRunning = true;
        AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", 0);
    }
}
