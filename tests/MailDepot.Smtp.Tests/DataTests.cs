using System.IO.Pipelines;
using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>Rows 1–6, 22, 29 and 30 of the table of replies: the mail after 354.</summary>
public sealed class DataTests
{
    private const string Start = Ehlo + Envelope + "DATA\r\n";
    private const string Smuggled = "MAIL FROM:<evil@a.example>\r\nRCPT TO:<journal@depot.example>\r\nDATA\r\nevil\r\n";
    private static readonly string[] Started = ["250", "250 2.1.0", "250 2.1.5", "354"];

    // Rows 1–4.
    [Theory]
    [InlineData("\n.\n")]
    [InlineData("\n.\r\n")]
    [InlineData("\r\n.\n")]
    [InlineData("\r.\r\n")]
    [InlineData("\r.\r")]
    [InlineData("\r\n.\r")]
    [InlineData("\r\n\0.\r\n")]
    [InlineData("\r\n.\0\r\n")]
    [InlineData("\r\r\n.\n\r\n")]
    public async Task Only_CRLF_dot_CRLF_ends_a_mail_and_all_else_is_content(string almost)
    {
        var played = await new SmtpStage().PlayAsync(Start + "text" + almost + Smuggled + ".\r\nQUIT\r\n");
        played.AssertReplies([.. Started, "250 2.0.0", "221 2.0.0"]);
        Assert.Equal(("text" + almost).Replace("\r\n.", "\r\n", StringComparison.Ordinal) + Smuggled, played.Mail);
    }

    // Row 5.
    [Fact]
    public async Task Nul_8_bit_and_lines_of_5000_bytes_are_kept()
    {
        var all = string.Concat(Enumerable.Range(0, 256).Select(value => (char)value));
        var mail = $"{all}\r\n{new string('x', 5_000)}\r\n{new string('\xff', 5_000)}\r\n";
        Assert.Equal(mail, (await new SmtpStage().PlayAsync(Start + mail + ".\r\n")).Mail);
    }

    // Row 6.
    [Theory]
    [InlineData(".\r\n", "")]
    [InlineData("..\r\n.\r\n", ".\r\n")]
    [InlineData("...\r\n..\r\n.\r\n", "..\r\n.\r\n")]
    [InlineData("\r\n.\r\n", "\r\n")]
    [InlineData(".x\r\n..y\r\n.\r\n", "x\r\n.y\r\n")]
    public async Task Dots_at_the_start_of_lines_are_unstuffed_also_on_the_first_one(string data, string mail)
    {
        var played = await new SmtpStage().PlayAsync(Start + data);
        played.AssertReplies([.. Started, "250 2.0.0"]);
        Assert.Equal(mail, played.Mail);
    }

    // Row 22.
    [Fact]
    public async Task A_mail_over_the_limit_is_read_to_its_end_and_gets_552()
    {
        var stage = new SmtpStage { Limits = new SmtpLimits { MailBytes = 20 } };
        var over = new string('x', 19) + "\r\n";
        var most = new string('x', 38) + "\r\n";
        var fits = new string('x', 18) + "\r\n";
        var played = await stage.PlayAsync(
            $"{Start}{over}.\r\n{Envelope}DATA\r\n{over}QUIT\r\n.\r\n{Envelope}DATA\r\n{most}.\r\n{Envelope}DATA\r\n{fits}.\r\n");
        string[] again = ["552 5.3.4", "250 2.1.0", "250 2.1.5", "354"];
        played.AssertReplies([.. Started, .. again, .. again, .. again, "250 2.0.0"]);
        Assert.Equal(fits, played.Mail);
    }

    [Theory]
    [InlineData(0, "552 5.3.4")]
    [InlineData(5, "451 4.3.0")]
    public async Task A_mail_beyond_twice_the_limit_ends_the_connection(int fails, string reply)
    {
        var stage = new SmtpStage
        {
            Limits = new SmtpLimits { MailBytes = 20 },
            OnMail = async (_, _, mail, ct) =>
            {
                await mail.ReadExactlyAsync(new byte[fails], ct);
                await (fails > 0 ? throw new IOException("away") : mail.CopyToAsync(Stream.Null, ct));
            },
        };
        (await stage.PlayAsync($"{Start}{new string('x', 39)}\r\n.\r\nNOOP\r\n")).AssertReplies([.. Started, reply]);
        var call = stage.Call();
        await call.SendAsync(Start + "text\r\n");
        await call.SendAsync(new string('x', 40) + "\r\nNOOP\r\n");
        await call.IsLetGoAsync(stage.Clock);
        (await call.EndAsync()).AssertReplies([.. Started, reply]);
    }

    [Fact]
    public async Task The_limit_counts_bytes_without_dot_stuffing()
    {
        var stage = new SmtpStage { Limits = new SmtpLimits { MailBytes = 3 } };
        Assert.Equal(".\r\n", (await stage.PlayAsync(Start + "..\r\n.\r\n")).Mail);
    }

    // Row 29.
    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("text\r\n")]
    [InlineData("text\r\n.")]
    [InlineData("text\r\n.\r")]
    public async Task Nothing_is_stored_if_the_client_disconnects_inside_DATA(string data)
    {
        var played = await new SmtpStage().PlayAsync(Start + data);
        played.AssertReplies(Started);
        Assert.Empty(played.Mails);
    }

    [Fact]
    public async Task A_mail_is_complete_if_the_client_closes_its_side_right_after_it_wherever_the_pipes_blocks_end()
    {
        const int block = 4_096;
        const int commands = 10;
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: block, pauseWriterThreshold: 0));
        var mail = new string('x', block - "\r\n.\r\n".Length) + "\r\n.\r\n"; // ends as far into its last block as it began in its first
        await pipe.Writer.WriteAsync(Bytes(new string('c', commands) + mail), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        var before = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        pipe.Reader.AdvanceTo(before.Buffer.GetPosition(commands));

        var limits = new SmtpLimits();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            limits,
            ByDomain,
            (_, _, _) => throw new NotSupportedException(),
            TimeProvider.System,
            NullLogger.Instance);
        using var input = new PeerInput(pipe.Reader, endpoint, CancellationToken.None, CancellationToken.None);
        await using var reader = new DataReader(input, limits, new MemoryReservation(endpoint.Memory, limits));
        Assert.Equal(mail.Length - ".\r\n".Length, await reader.ReadAsync(new byte[2 * block], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Nothing_is_stored_if_the_connection_breaks_inside_DATA_and_the_store_gets_the_error()
    {
        Exception? seen = null;
        var stage = new SmtpStage
        {
            OnMail = async (_, _, mail, ct) => seen = await Record.ExceptionAsync(() => mail.CopyToAsync(Stream.Null, ct)),
        };
        var call = stage.Call();
        await call.SendAsync(Start + "text");
        var played = await call.HangUpAsync(new IOException("Connection reset by peer"));
        played.AssertReplies(Started);
        Assert.IsType<PeerDisconnectedException>(seen);
    }

    // Row 30.
    [Theory]
    [InlineData(typeof(IOException), true)]
    [InlineData(typeof(IOException), false)]
    [InlineData(typeof(InvalidOperationException), false)]
    [InlineData(typeof(TaskCanceledException), true)]
    [InlineData(typeof(TimeoutException), true)]
    public async Task A_store_that_fails_gets_the_client_451_and_the_next_mail_works(Type failure, bool readsFirst)
    {
        var kept = new List<string>();
        var stage = new SmtpStage
        {
            OnMail = async (number, _, mail, ct) =>
            {
                using var reader = new StreamReader(mail);
                if (number > 0 || readsFirst)
                {
                    kept.Add(await reader.ReadToEndAsync(ct));
                }

                if (number == 0)
                {
                    throw (Exception)Activator.CreateInstance(failure)!;
                }
            },
        };
        var script = Bytes(Start + "one\r\nQUIT\r\n.\r\n" + Envelope + "DATA\r\ntwo\r\n.\r\nQUIT\r\n");
        foreach (var pieces in new[] { [script], script.Chunk(1) })
        {
            var played = await stage.PlayAsync(pieces);
            played.AssertReplies([.. Started, "451 4.3.0", "250 2.1.0", "250 2.1.5", "354", "250 2.0.0", "221 2.0.0"]);
            Assert.Equal("two\r\n", kept[^1]);
        }
    }

    [Fact]
    public async Task A_store_that_gives_up_waiting_for_a_mail_gets_the_client_451_and_the_session_stays_in_step()
    {
        using var impatience = new CancellationTokenSource();
        var stage = new SmtpStage { OnMail = (_, _, mail, _) => mail.CopyToAsync(Stream.Null, impatience.Token) };
        var call = stage.Call();
        await call.SendAsync(Start + "text");
        await impatience.CancelAsync();
        await call.SendAsync("more\r\n.\r\nNOOP\r\n");
        (await call.HangUpAsync()).AssertReplies([.. Started, "451 4.3.0", "250 2.0.0"]);
    }

    [Fact]
    public async Task A_mail_that_the_store_did_not_read_to_the_end_is_drained()
    {
        var stage = new SmtpStage { OnMail = async (_, _, mail, ct) => await mail.ReadExactlyAsync(new byte[2], ct) };
        var played = await stage.PlayAsync(Start + "text\r\nQUIT\r\n.\r\nNOOP\r\n");
        played.AssertReplies([.. Started, "250 2.0.0", "250 2.0.0"]);
    }

    [Fact]
    public async Task A_store_that_ignores_that_a_mail_is_too_large_does_not_make_the_reply_250()
    {
        var stage = new SmtpStage
        {
            Limits = new SmtpLimits { MailBytes = 2 },
            OnMail = (_, _, mail, ct) => Record.ExceptionAsync(() => mail.CopyToAsync(Stream.Null, ct)).AsTask(),
        };
        (await stage.PlayAsync(Start + "text\r\n.\r\n")).AssertReplies([.. Started, "552 5.3.4"]);
    }
}
