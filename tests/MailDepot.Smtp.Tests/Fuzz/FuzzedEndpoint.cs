using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Smtp.Fuzz;

/// <summary>An endpoint with small limits for scripts of any bytes; all sessions share its state.</summary>
internal sealed class FuzzedEndpoint(SmtpTls tls) : IDisposable
{
    /// <summary>No script takes a second; a session that is still running then has missed the disconnect.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);

    private static readonly PipeOptions Inline = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0,
        useSynchronizationContext: false);

    private readonly CancellationTokenSource host = new();
    private readonly FakeTimeProvider clock = new();

    public static SmtpLimits Limits { get; } = new()
    {
        MailBytes = 300,
        Recipients = 3,
        CommandLineBytes = 200,
        HopelessLineBytes = 1_000,
        JunkCommands = 12,
    };

    /// <summary>Plays a script; then the client closes its side.</summary>
    /// <param name="pieces">The script.</param>
    /// <param name="offersTls">Otherwise STARTTLS is refused.</param>
    public Task<FuzzedCall> PlayAsync(IEnumerable<byte[]> pieces, bool offersTls = false) => PlayAsync(pieces, offersTls, broken: null);

    /// <summary>Plays a script; the connection breaks while the first mail is being stored, or at the script's end.</summary>
    public Task<FuzzedCall> BreakAsync(byte[] script, bool offersTls) =>
        PlayAsync([script], offersTls, new IOException("Connection reset by peer"));

    public void Dispose() => host.Dispose();

    private async Task<FuzzedCall> PlayAsync(IEnumerable<byte[]> pieces, bool offersTls, Exception? broken)
    {
        var (toSession, fromSession) = (new Pipe(Inline), new Pipe(Inline));
        var input = new WatchedReader(toSession.Reader);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mails = ImmutableArray.CreateBuilder<string>();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(), Limits, SmtpStage.ByDomain, AcceptAsync, clock, NullLogger.Instance)
        { Tls = offersTls ? tls : null };
        var reading = ReadAsync(fromSession.Reader, host.Token);
        var session = SmtpSession.RunAsync(
            new Transport(input, fromSession.Writer), new SmtpPeer(SmtpStage.Peer), endpoint, host.Token, host.Token);
        foreach (var piece in pieces)
        {
            if ((await toSession.Writer.WriteAsync(piece, host.Token)).IsCompleted)
            {
                break;
            }
        }

        await toSession.Writer.CompleteAsync(broken);
        gone.SetResult();
        await session.WaitAsync(StopTimeout, host.Token);
        return new FuzzedCall(await reading, mails.ToImmutable(), input.MaxHeld, new WeakReference(input));

        async Task<AcceptedMail> AcceptAsync(SmtpSource source, Stream mail, CancellationToken ct)
        {
            using var kept = new MemoryStream();
            await mail.CopyToAsync(kept, ct);
            if (broken is not null)
            {
                await gone.Task;
            }

            mails.Add($"{source.From}|{string.Join('|', source.To)}|{Encoding.Latin1.GetString(kept.ToArray())}");
            Assert.InRange(kept.Length, 0, Limits.MailBytes);
            return new(SmtpStage.Ticket(mails.Count - 1), default);
        }
    }

    private static async Task<string> ReadAsync(PipeReader replies, CancellationToken ct)
    {
        await using var stream = replies.AsStream();
        using var text = new MemoryStream();
        await stream.CopyToAsync(text, ct);
        return Encoding.Latin1.GetString(text.ToArray());
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>The result of a script.</summary>
/// <param name="Replies">Every byte received from the server.</param>
/// <param name="Mails">What was stored, with its envelope.</param>
/// <param name="MaxHeld">Bytes that the session kept while it waited for more.</param>
/// <param name="Session">Dead once the session is garbage.</param>
internal sealed record FuzzedCall(string Replies, ImmutableArray<string> Mails, long MaxHeld, WeakReference Session);
