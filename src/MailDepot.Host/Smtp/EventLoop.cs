using MailDepot.Smtp;

namespace MailDepot.Host.Smtp;

/// <summary>Makes one thread wait for all sockets of the process and serve them right there, as an event loop does.</summary>
/// <remarks>
/// By default .NET hands all arriving data from the waiting thread to one of the pool, and idle threads of
/// the pool spin for more: short SMTP sessions spend a third of their processor time on that (RESULTS.md, SMTP). Here
/// nothing is handed over, so nothing on that thread may block or run for long: mails are compressed and handshakes
/// signed on the pool, which also serves a client that never pauses (<see cref="SmtpEndpoint.OneThread"/>), and no
/// client's certificate chain is fetched. Only for the role <c>smtp</c>: in <c>up</c>, which also runs an archiver, the endpoint
/// would have to share the loop.
/// </remarks>
internal static class EventLoop
{
    /// <summary>Whether it is in use.</summary>
    public static bool IsRunning { get; private set; }

    /// <summary>Call it before the process uses a socket; later it has no effect.</summary>
    public static void Begin()
    {
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
        IsRunning = true;
        AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", 0);
    }
}
