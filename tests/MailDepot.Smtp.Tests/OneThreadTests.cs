using System.IO.Pipelines;
using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>One thread that serves all connections is released in time.</summary>
public sealed class OneThreadTests
{
    private static readonly SmtpLimits Limits = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_never_pauses_leaves_the_thread_after_sixteen_reads(bool oneThread)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("NOOP\r\n"u8.ToArray(), Token);
        using var input = Input(pipe, oneThread);
        for (var number = 1; number <= 48; number++)
        {
            using var caller = new Caller();
            var reading = input.ReadAsync(Token);
            Assert.Equal(!oneThread || number % 16 != 0, reading.IsCompleted);
            caller.LetThePoolGoOn();
            var read = await reading;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_mail_is_passed_on_by_the_thread_pool(bool oneThread)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("text\r\n.\r\n"u8.ToArray(), Token);
        using var input = Input(pipe, oneThread);
        await using var mail = new DataReader(
            input, Limits, new MemoryReservation(new MemoryBudget(Limits.MemoryBytes, TimeProvider.System), Limits));
        using var caller = new Caller();
        var reading = mail.ReadAsync(new byte[100], Token);
        Assert.Equal(!oneThread, reading.IsCompleted);
        caller.LetThePoolGoOn();
        Assert.Equal("text\r\n".Length, await reading);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handshake_continues_on_the_thread_pool_when_the_clients_bytes_arrive(bool onPool)
    {
        var pipe = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        await using var stream = new DuplexStream(new Ends(pipe.Reader, pipe.Writer)) { ReadsOnPool = onPool };
        var going = GoOnAsync();
        var bringing = 0;
        var loop = new Thread(() =>
        {
            bringing = Environment.CurrentManagedThreadId;
            _ = pipe.Writer.WriteAsync("x"u8.ToArray(), CancellationToken.None).AsTask();
        });
        loop.Start();
        Assert.Equal(!onPool, await going == bringing); // no word to that thread from here: this may be it

        async Task<int> GoOnAsync()
        {
            Assert.Equal(1, await stream.ReadAsync(new byte[1], Token).ConfigureAwait(false));
            return Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public async Task It_changes_no_reply_and_no_byte()
    {
        var script = Bytes(
            Ehlo + string.Concat(Enumerable.Repeat(Envelope + "DATA\r\n..text\r\n.\r\n" + Envelope + "BDAT 4 LAST\r\nmore", 20))
                + "QUIT\r\n");
        var one = new SmtpStage { OneThread = true };
        var call = one.Call();
        foreach (var piece in script.Chunk(7))
        {
            await call.SendAsync(piece);
        }

        Assert.Equal(await new SmtpStage().PlayAsync([script]), await call.HangUpAsync());
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private static PeerInput Input(Pipe pipe, bool oneThread)
    {
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            Limits,
            ByDomain,
            (_, _, _) => throw new NotSupportedException(),
            new FakeTimeProvider(),
            NullLogger.Instance)
        {
            OneThread = oneThread,
        };
        var input = new PeerInput(pipe.Reader, endpoint, CancellationToken.None, CancellationToken.None);
        input.SetTimeout(Limits.IdleTimeout);
        return input;
    }

    /// <summary>Work left to the thread pool waits, so that it can't finish before the caller looks.</summary>
    private sealed class Caller : IDisposable
    {
        // A monitor, because it needs no disposal: a context captured here may run on the pool after the test's end, and an
        // exception in the callback would end the process.
        private readonly object gate = new();
        private readonly AsyncLocal<bool> isHere;
        private bool hasLooked;

        public Caller()
        {
            var here = Environment.CurrentManagedThreadId;
            isHere = new AsyncLocal<bool>(change =>
            {
                if (change is { ThreadContextChanged: true, CurrentValue: true } && Environment.CurrentManagedThreadId != here)
                {
                    WaitUntilLooked();
                }
            })
            {
                Value = true,
            };
        }

        public void LetThePoolGoOn()
        {
            isHere.Value = false;
            Dispose();
        }

        public void Dispose()
        {
            lock (gate)
            {
                hasLooked = true;
                Monitor.PulseAll(gate);
            }
        }

        private void WaitUntilLooked()
        {
            lock (gate)
            {
                while (!hasLooked)
                {
                    Monitor.Wait(gate);
                }
            }
        }
    }
}
