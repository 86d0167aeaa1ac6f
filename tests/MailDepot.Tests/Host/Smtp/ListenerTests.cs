using System.IO.Pipelines;
using System.Net;
using MailDepot.Host.Smtp;
using MailDepot.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace MailDepot.Tests.Host.Smtp;

/// <summary>How much memory a connection can take, whatever its client does.</summary>
public sealed class ListenerTests
{
    /// <summary>Bytes of a connection: one input buffer, and what is read before the replies stall.</summary>
    private const long MaxBytes = 65_536 + 16_384;

    private static readonly byte[] Help = "HELP\r\n"u8.ToArray();

    [Fact]
    public async Task A_client_that_reads_no_replies_can_send_little_more_than_a_buffer()
    {
        var sockets = Sockets();
        var input = new Pipe(Bounded(sockets.MaxReadBufferSize));
        var output = new Pipe(Bounded(sockets.MaxWriteBufferSize));
        using var abort = new CancellationTokenSource();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            new SmtpLimits { JunkCommands = int.MaxValue },
            SmtpStage.ByDomain,
            (_, _, _) => throw new NotSupportedException(),
            TimeProvider.System,
            NullLogger.Instance);
        var transport = new Transport(input.Reader, output.Writer);
        var session = SmtpSession.RunAsync(
            transport, new SmtpPeer(SmtpStage.Peer), endpoint, CancellationToken.None, abort.Token);
        long sent = 0;
        while (sent <= MaxBytes && input.Writer.WriteAsync(Help, abort.Token).AsTask() is { IsCompleted: true } written)
        {
            await written;
            sent += Help.Length;
        }

        Assert.InRange(sent, Help.Length, MaxBytes);
        await abort.CancelAsync();
        await session;
    }

    private static SocketTransportOptions Sockets()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ListenForSmtp(IPAddress.Loopback, port: 0);
        using var services = builder.Services.BuildServiceProvider();
        return services.GetRequiredService<IOptions<SocketTransportOptions>>().Value;
    }

    /// <summary>Bounded as Kestrel's own pipes, with the session inline.</summary>
    private static PipeOptions Bounded(long? bytes) => new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: bytes ?? 0, resumeWriterThreshold: (bytes ?? 0) / 2, useSynchronizationContext: false);

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
