using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailDepot.Host.Smtp;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailDepot.Tests.Host.Smtp;

/// <summary>Our SMTP client with TLS, as `maildepot smtp test` uses it.</summary>
public sealed class DeliveryTlsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_begins_TLS_if_offered_reports_what_was_agreed_and_delivers()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mx.depot.example", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null);
        var sources = new List<SmtpSource>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new SmtpEndpoint(
            new SmtpPolicy(), new SmtpLimits(), SmtpStage.ByDomain, KeepAsync, TimeProvider.System, NullLogger.Instance)
        {
            Tls = new SmtpTls(() => context),
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseConnectionHandler<SmtpConnectionHandler>()));
        await using var host = builder.Build();
        await host.StartAsync(Cancel);

        await using var delivery = await SmtpClient.ConnectAsync("localhost", new Uri(host.Urls.Single()).Port, Cancel);
        Assert.True(delivery.OffersTls);
        Assert.Matches(
            "^TLSv1[.]3, TLS_[A-Z0-9_]+, the certificate is self-signed$",
            await delivery.BeginTlsAsync("localhost", Cancel));
        Assert.False(delivery.OffersTls);
        Assert.Equal($"2.0.0 {SmtpStage.Ticket(1)}", await delivery.SendAsync("", ["a@depot.example"], "x\r\n"u8.ToArray(), Cancel));
        await delivery.QuitAsync(Cancel);
        Assert.Equal("TLSv1.3", Assert.Single(sources).Tls);

        async Task<AcceptedMail> KeepAsync(SmtpSource source, Stream mail, CancellationToken ct)
        {
            await mail.CopyToAsync(Stream.Null, ct);
            sources.Add(source);
            return new(SmtpStage.Ticket(sources.Count), default);
        }
    }
}
