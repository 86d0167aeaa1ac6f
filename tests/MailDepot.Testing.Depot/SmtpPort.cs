using System.Net;
using MailDepot.Connectors.Receiving;
using MailDepot.Host.Smtp;
using MailDepot.Smtp;
using MailDepot.Spool;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailDepot.Testing;

/// <summary>The SMTP endpoint on a free port of this machine, without TLS.</summary>
internal static class SmtpPort
{
    /// <summary>Takes mail for the recipients of these options into this spool until it is disposed of.</summary>
    public static Task<WebApplication> ListenAsync(MailSpool spool, DepotOptions options) =>
        ListenAsync(spool, new RecipientPolicy(options.RecipientMap(), TimeProvider.System).Decide);

    /// <summary>Takes mail into this spool until it is disposed of.</summary>
    public static async Task<WebApplication> ListenAsync(MailSpool spool, DecideRecipient decide)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new SmtpEndpoint(
            new SmtpPolicy(), new SmtpLimits(), decide,
            async (source, mail, ct) => (await spool.AcceptAsync(source, mail, ct)).Accepted, TimeProvider.System,
            NullLogger.Instance));
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseConnectionHandler<SmtpConnectionHandler>()));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }
}
