using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using CsCheck;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Testing;

/// <summary>An endpoint without a socket, on which scripts of bytes are played.</summary>
/// <remarks>Pipes run their continuations inline, so after a write the session has done all it can.</remarks>
internal sealed class SmtpStage
{
    public const string Ehlo = "EHLO client.example\r\n";
    public const string JournalAddress = "journal@depot.example";
    public const string Envelope = "MAIL FROM:<>\r\nRCPT TO:<" + JournalAddress + ">\r\n";
    public const string Peer = "192.0.2.7";

    /// <summary>Bytes of a mail to the postmaster, of whom nothing else is decided here.</summary>
    public const long PostmasterBytes = 65_536;

    public SmtpLimits Limits { get; init; } = new() { HostName = "mx.depot.example" };

    /// <summary>Makes what decides about recipients: one for each call, as it may count.</summary>
    public Func<DecideRecipient> Deciding { get; init; } = static () => ByDomain;

    /// <summary>Replaces keeping the mail; gets the number of the mail, from 0.</summary>
    public Func<int, SmtpSource, Stream, CancellationToken, Task>? OnMail { get; init; }

    public FakeTimeProvider Clock { get; } = new();

    public bool OneThread { get; init; }

    public SmtpTls? Tls { get; init; }

    /// <summary>What sessions told.</summary>
    public List<(Guid Ticket, string Sentence)> Told { get; } = [];

    public static byte[] Bytes(string script) => Encoding.Latin1.GetBytes(script);

    /// <summary>The id of the nth mail, from 0.</summary>
    public static Guid Ticket(int number) => new(number, 0, 0, new byte[8]);

    /// <summary>
    /// Plays a script at once, byte by byte and in random pieces; replies and mails must not differ. Then the client
    /// closes its direction.
    /// </summary>
    public async Task<Played> PlayAsync(string script)
    {
        var bytes = Bytes(script);
        var played = await PlayAsync([bytes]);
        Assert.Equal(played, await PlayAsync(bytes.Chunk(1)));
        await Pieces(bytes).SampleAsync(async pieces => Assert.Equal(played, await PlayAsync(pieces)), iter: 20, threads: 1);
        return played;
    }

    public async Task<Played> PlayAsync(IEnumerable<byte[]> pieces)
    {
        var call = Call();
        foreach (var piece in pieces)
        {
            if (!await call.SendAsync(piece))
            {
                break;
            }
        }

        return await call.HangUpAsync();
    }

    /// <summary>A connection to the endpoint, for what a script can't tell.</summary>
    public SmtpCall Call() => new(
        accept => new SmtpEndpoint(new SmtpPolicy(), Limits, Deciding(), accept, Clock, NullLogger.Instance)
        {
            OneThread = OneThread,
            Tls = Tls,
            RecordSession = (ticket, sentence) => Told.Add((ticket, sentence)),
        },
        OnMail);

    /// <summary>Accepts the recipients of the stage.</summary>
    public static RecipientDecision ByDomain(string address, Destination? first, long? size)
    {
        var key = EmailAddress.Key(address);
        Destination? own = key == JournalAddress ? new("main", Journal: true)
            : key.Split('@')[^1] switch
            {
                "depot.example" or "more.example" => new("main", Journal: false),
                "other.example" => new("other", Journal: false),
                "postmaster" => new("", Journal: false),
                _ => null,
            };
        return own is null ? RecipientDecision.Refuse(SmtpReply.UnknownRecipient)
            : first is not null && first != own ? RecipientDecision.Refuse(SmtpReply.OtherDestination)
            : RecipientDecision.Accept(own, own.Container.Length == 0 ? PostmasterBytes : long.MaxValue);
    }

    /// <summary>Cuts bytes at random places.</summary>
    public static Gen<byte[][]> Pieces(byte[] bytes) => Gen.Int[0, bytes.Length].Array[0, 12].Select(cuts =>
    {
        int[] edges = [0, .. cuts.Order(), bytes.Length];
        return edges.Zip(edges.Skip(1), (from, to) => bytes[from..to]).Where(piece => piece.Length > 0).ToArray();
    });
}

/// <summary>One connection in progress.</summary>
internal sealed class SmtpCall
{
    private static readonly PipeOptions Inline = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 1_048_576,
        useSynchronizationContext: false);

    private readonly Pipe toSession = new(Inline);
    private readonly Pipe fromSession = new(Inline);
    private readonly List<(SmtpSource Source, string Mail)> mails = [];
    private readonly Task reading;
    private int begun;

    public SmtpCall(Func<AcceptMail<SmtpSource>, SmtpEndpoint> endpoint, Func<int, SmtpSource, Stream, CancellationToken, Task>? onMail)
    {
        reading = ReadAsync();
        var transport = new Transport(toSession.Reader, fromSession.Writer);
        Session = SmtpSession.RunAsync(transport, new SmtpPeer(SmtpStage.Peer), endpoint(AcceptAsync), Stopping.Token, Abort.Token);

        async Task<AcceptedMail> AcceptAsync(SmtpSource source, Stream mail, CancellationToken ct)
        {
            var number = begun++;
            await (onMail ?? KeepAsync)(number, source, mail, ct);
            return new(SmtpStage.Ticket(number), default);
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public Task Session { get; }

    public CancellationTokenSource Stopping { get; } = new();

    public CancellationTokenSource Abort { get; } = new();

    /// <summary>What came back, one element a flush.</summary>
    public List<string> Flushes { get; } = [];

    public Played Played => new(string.Concat(Flushes), [.. mails]);

    /// <summary>False if the session is over.</summary>
    public async Task<bool> SendAsync(byte[] bytes) => !(await toSession.Writer.WriteAsync(bytes, Cancel)).IsCompleted;

    public Task<bool> SendAsync(string script) => SendAsync(SmtpStage.Bytes(script));

    /// <summary>Closes the client's direction, or breaks the connection, and waits for the session's end.</summary>
    public async Task<Played> HangUpAsync(Exception? broken = null)
    {
        await toSession.Writer.CompleteAsync(broken);
        return await EndAsync();
    }

    /// <summary>The session ends though the client's direction stays open, after the moment in which it may notice.</summary>
    public Task IsLetGoAsync(FakeTimeProvider clock) => Eventually.IsTrueAsync(
        () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return Session.IsCompleted;
        },
        "the client is let go");

    public async Task<Played> EndAsync()
    {
        await Session;
        await reading;
        return Played;
    }

    private async Task KeepAsync(int number, SmtpSource source, Stream mail, CancellationToken ct)
    {
        using var kept = new MemoryStream();
        await mail.CopyToAsync(kept, ct);
        mails.Add((source, Encoding.Latin1.GetString(kept.ToArray())));
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            var result = await fromSession.Reader.ReadAsync(Cancel);
            if (!result.Buffer.IsEmpty)
            {
                Flushes.Add(Encoding.ASCII.GetString(result.Buffer));
            }

            fromSession.Reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>What a call came to.</summary>
/// <param name="Text">All replies, as received.</param>
/// <param name="Mails">What was stored.</param>
internal sealed record Played(string Text, ImmutableArray<(SmtpSource Source, string Mail)> Mails)
{
    /// <summary>Code and enhanced status of each reply after the greeting: <c>250 2.1.0</c>, <c>354</c>.</summary>
    public string[] Replies => [.. Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line[3] == ' ').Skip(1).Select(line => string.Join(' ', line.Split(' ').Take(2).Where(IsCode)))];

    /// <summary>The one mail stored, and not more.</summary>
    public string Mail => Assert.Single(Mails).Mail;

    /// <summary>Holds all of <see cref="Replies"/> against what was expected.</summary>
    public void AssertReplies(string[] expected) => Assert.Equal(expected, Replies);

    public bool Equals(Played? other) => other is not null && string.Equals(Text, other.Text, StringComparison.Ordinal)
        && Mails.Select(mail => (mail.Mail, mail.Source.From, string.Join(' ', mail.Source.To)))
            .SequenceEqual(other.Mails.Select(mail => (mail.Mail, mail.Source.From, string.Join(' ', mail.Source.To))));

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static bool IsCode(string word) =>
        word.Split('.') is [_] or [_, _, _] && word.Split('.').All(part => int.TryParse(part, CultureInfo.InvariantCulture, out _));
}
