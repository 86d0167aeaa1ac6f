using System.Diagnostics.Metrics;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>What sessions write to the live log and the metrics.</summary>
public sealed class SessionLogTests
{
    /// <summary>Characters of a sentence in the log, which truncates longer ones (EventPagesTests holds the same number).</summary>
    private const int MaxLogged = 1_024;

    private const string Client = "SMTP from 192.0.2.7 (client.example; no TLS): ";

    [Fact]
    public async Task A_mail_by_data_is_one_sentence_with_its_ticket()
    {
        var stage = await PlayAsync(Ehlo + "MAIL FROM:<a@a.example>\r\nRCPT TO:<" + JournalAddress + ">\r\nDATA\r\ntext\r\n.\r\nQUIT\r\n");
        Assert.Equal(
            [(Ticket(0), $"{Client}<a@a.example> to {JournalAddress}, DATA, 6 bytes; answered 250 2.0.0 {Ticket(0)}.")], stage.Told);
    }

    [Fact]
    public async Task The_sentence_of_a_mail_in_chunks_lists_their_sizes()
    {
        var stage = await PlayAsync(Ehlo + Envelope + "BDAT 3\r\nabcBDAT 2\r\ndeBDAT 0 LAST\r\n" + Envelope + "BDAT 1 LAST\r\nx");
        Assert.Equal(
            [
                (Ticket(0), $"{Client}<> to {JournalAddress}, BDAT in 3 chunks (3, 2, 0), 5 bytes; answered 250 2.0.0 {Ticket(0)}."),
                (
                    Ticket(1),
                    $"{Client}<> to {JournalAddress}, BDAT in one chunk (1), 1 byte, mail 2 of this connection; "
                    + $"answered 250 2.0.0 {Ticket(1)}."),
            ],
            // who stores may be slower than the script
            stage.Told.Select(told => (told.Ticket, told.Sentence.Replace(", pipelined", "", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task The_sentence_says_which_mail_of_the_connection_it_is_and_whether_it_was_pipelined()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Ehlo);
        await call.SendAsync("MAIL FROM:<>\r\n");
        await call.SendAsync("RCPT TO:<" + JournalAddress + ">\r\n");
        await call.SendAsync("DATA\r\n");
        await call.SendAsync(".\r\n");
        await call.SendAsync(Envelope + "DATA\r\n");
        await call.SendAsync(".\r\n");
        await call.HangUpAsync();
        Assert.Equal(
            [
                $"{Client}<> to {JournalAddress}, DATA, 0 bytes; answered 250 2.0.0 {Ticket(0)}.",
                $"{Client}<> to {JournalAddress}, DATA, 0 bytes, mail 2 of this connection, pipelined; answered 250 2.0.0 {Ticket(1)}.",
            ],
            stage.Told.Select(told => told.Sentence));
    }

    [Fact]
    public async Task Many_recipients_and_chunks_are_counted_not_listed()
    {
        var recipients = string.Concat(Enumerable.Range(0, 12).Select(i => $"RCPT TO:<r{i}@depot.example>\r\n"));
        var stage = await PlayAsync(
            Ehlo + "MAIL FROM:<>\r\n" + recipients + string.Concat(Enumerable.Repeat("BDAT 1\r\nx", 11)) + "BDAT 0 LAST\r\n");
        var (_, sentence) = Assert.Single(stage.Told);
        Assert.Contains(
            "r9@depot.example and 2 more, BDAT in 12 chunks (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, …), 11 bytes",
            sentence,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rejected_mail_is_logged_once_with_its_reply()
    {
        var stage = new SmtpStage { OnMail = (_, _, _, _) => throw new IOException("away") };
        await stage.PlayAsync(Turns(Ehlo + Envelope + "DATA\r\nx\r\n.\r\nQUIT\r\n"));
        Assert.Equal([(Guid.Empty, $"{Client}<> to {JournalAddress}, DATA, 3 bytes; answered 451 4.3.0.")], stage.Told);
    }

    [Fact]
    public async Task A_mail_in_chunks_over_the_limit_is_logged_once_with_all_its_bytes()
    {
        var stage = new SmtpStage { Limits = new() { MailBytes = 5 } };
        await stage.PlayAsync(Turns(Ehlo + Envelope + "BDAT 3\r\nabcBDAT 4 LAST\r\ndefgQUIT\r\n"));
        Assert.Equal(
            [(Guid.Empty, $"{Client}<> to {JournalAddress}, BDAT in 2 chunks (3, 4), 7 bytes, pipelined; answered 552 5.3.4.")],
            stage.Told);
    }

    [Fact]
    public async Task Refusals_are_logged_with_the_mail_or_at_the_end()
    {
        var stage = await PlayAsync(
            Ehlo + "MAIL FROM:<>\r\nRCPT TO:<x@a.example>\r\nRCPT TO:<" + JournalAddress + ">\r\nDATA\r\n.\r\nDATA\r\nWHAT\r\nQUIT\r\n");
        Assert.Equal(
            [
                $"{Client}<> to {JournalAddress}, DATA, 0 bytes; earlier, RCPT TO:<x@a.example> got 550 5.1.1; "
                    + $"answered 250 2.0.0 {Ticket(0)}.",
                $"{Client}ended without a mail; earlier, 2 refusals, the last: an invalid command got 500 5.5.2.",
            ],
            stage.Told.Select(told => told.Sentence));
    }

    [Fact]
    public async Task A_client_that_disconnects_inside_a_mail_is_logged_with_the_envelope()
    {
        var stage = await PlayAsync(Ehlo + Envelope + "DATA\r\nhalf");
        Assert.Equal(
            $"{Client}<> to {JournalAddress}, ended before the mail was complete, after 4 bytes.", Assert.Single(stage.Told).Sentence);
        stage = await PlayAsync(Ehlo + "MAIL FROM:<>\r\nQUIT\r\n");
        Assert.Equal($"{Client}ended without a mail.", Assert.Single(stage.Told).Sentence);
    }

    [Theory]
    [InlineData("DATA\r\nhalf")]
    [InlineData("BDAT 10\r\nhalf")]
    public async Task A_slow_client_is_logged_as_timed_out(string half)
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Ehlo + Envelope + half);
        stage.Clock.Advance(stage.Limits.DataBlockTimeout);
        await call.EndAsync();
        Assert.Equal(
            $"{Client}<> to {JournalAddress}, timed out (421 4.4.2) before the mail was complete, after 4 bytes.",
            Assert.Single(stage.Told).Sentence);
    }

    [Fact]
    public async Task A_client_that_falls_silent_between_commands_is_logged()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Ehlo);
        stage.Clock.Advance(stage.Limits.IdleTimeout);
        await call.EndAsync();
        Assert.Equal($"{Client}timed out (421 4.4.2) without a mail.", Assert.Single(stage.Told).Sentence);
    }

    [Fact]
    public async Task A_client_rejected_at_connect_is_logged_once_a_minute()
    {
        var told = new List<string>();
        var clock = new FakeTimeProvider();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            new SmtpLimits { Connections = 0 },
            ByDomain,
            (_, _, _) => Task.FromResult(default(AcceptedMail)),
            clock,
            NullLogger.Instance)
        {
            RecordSession = (_, sentence) => told.Add(sentence),
        };
        for (var knock = 0; knock < 3; knock++)
        {
            await new SmtpCall(_ => endpoint, onMail: null).HangUpAsync();
        }

        Assert.Equal(
            ["SMTP from 192.0.2.7 (no EHLO; no TLS): got 421 4.7.0 in place of a greeting (Too many connections, try again later)."], told);
        clock.Advance(TimeSpan.FromMinutes(1));
        await new SmtpCall(_ => endpoint, onMail: null).HangUpAsync();
        Assert.Equal(2, told.Count);
    }

    [Fact]
    public void A_flood_from_many_addresses_is_logged_a_hundred_times_a_minute()
    {
        var clock = new FakeTimeProvider();
        var throttle = new LogThrottle(clock);
        Assert.Equal(100, Enumerable.Range(0, 5_000).Count(number => throttle.TryLog($"2001:db8::{number:x}")));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(throttle.TryLog("2001:db8::"));
    }

    [Fact]
    public async Task A_client_that_only_greets_and_leaves_is_not_logged() =>
        Assert.Empty((await PlayAsync(Ehlo + "NOOP\r\nQUIT\r\n")).Told);

    [Fact]
    public void Tls_and_the_clients_certificate_are_logged()
    {
        var told = new List<string>();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            new SmtpLimits(),
            ByDomain,
            (_, _, _) => Task.FromResult(default(AcceptedMail)),
            new FakeTimeProvider(),
            NullLogger.Instance)
        {
            RecordSession = (_, sentence) => told.Add(sentence),
        };
        var dialogue = new SmtpDialogue(endpoint.Policy, endpoint.Decide, endpoint.Limits, new SmtpPeer(Peer), offersTls: true);
        var log = new SessionLog(endpoint, dialogue);
        dialogue.Secure(
            new TlsFacts(
                "TLSv1.3",
                "TLS_AES_256_GCM_SHA384",
                new ClientCertificate(
                    ["mail.protection.outlook.com", "b.example", "c.example", "d.example", "e.example"], Trusted: false)));
        log.Answered(SmtpVerb.Mail, SmtpReply.NoCertificate);
        log.SessionEnded();
        Assert.Equal(
            [
                "SMTP from 192.0.2.7 (no EHLO; TLSv1.3 TLS_AES_256_GCM_SHA384, certificate of mail.protection.outlook.com, b.example, "
                    + "c.example and 2 more, not trusted): ended without a mail; earlier, MAIL got 450 4.7.1.",
            ],
            told);
    }

    [Fact]
    public void However_long_the_clients_input_is_the_log_shows_the_reply()
    {
        var told = new List<string>();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            new SmtpLimits(),
            ByDomain,
            (_, _, _) => Task.FromResult(default(AcceptedMail)),
            new FakeTimeProvider(),
            NullLogger.Instance)
        {
            RecordSession = (_, sentence) => told.Add(sentence),
        };
        var (name, address) = (new string('n', 250), new string('a', 300) + "@a.example");
        var dialogue = new SmtpDialogue(
            endpoint.Policy, endpoint.Decide, endpoint.Limits, new SmtpPeer("2001:db8:1111:2222:3333:4444:5555:6666"), offersTls: true);
        dialogue.Secure(
            new TlsFacts(
                "TLSv1.2",
                "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                new ClientCertificate([name, "2" + name, "3" + name, "4"], Trusted: false)));
        Assert.True(dialogue.Answer(System.Text.Encoding.ASCII.GetBytes("EHLO " + new string('e', 2_000))).Code == 250);
        var log = new SessionLog(endpoint, dialogue);
        for (var mail = 0; mail < 2; mail++)
        {
            log.Pipelined();
            log.Answered(verb: null, SmtpReply.UnknownCommand);
            Assert.Equal(250, dialogue.Answer("MAIL FROM:<>"u8).Code);
            Assert.Equal(550, dialogue.Answer(System.Text.Encoding.ASCII.GetBytes($"RCPT TO:<{address[250..]}>")).Code);
            log.Answered(SmtpVerb.Rcpt, SmtpReply.UnknownRecipient);
            Assert.Equal(250, dialogue.Answer("RSET"u8).Code);
            log.Receiving(new SmtpSource(Peer, "", address, [.. Enumerable.Range(0, 1_000).Select(number => number + address)]), () => 0);
            Assert.All(Enumerable.Range(0, 12), _ => log.Chunk(20_000_000));
            log.MailEnded(240_000_000, SmtpReply.Accepted(Guid.Empty));
            log.Answered(SmtpVerb.Bdat, SmtpReply.Accepted(Guid.Empty));
        }

        Assert.Contains(" and 998 more, BDAT in 12 chunks ", told[1], StringComparison.Ordinal);
        Assert.Contains(", mail 2 of this connection, pipelined; earlier, 2 refusals, the last: ", told[1], StringComparison.Ordinal);
        Assert.EndsWith($"; answered 250 2.0.0 {Guid.Empty}.", told[1], StringComparison.Ordinal);
        Assert.InRange(told[1].Length, 900, MaxLogged);
    }

    [Fact]
    public void Sessions_replies_and_transactions_are_measured_and_probes_are_not()
    {
        var measured = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == SmtpInstruments.Sessions.Meter
                    && instrument.Name.StartsWith("maildepot.smtp.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        var thread = Environment.CurrentManagedThreadId; // other tests measure, too
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags[0].Value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Note(instrument, value));
        listener.Start();

        var clock = new FakeTimeProvider();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(), new SmtpLimits(), ByDomain, (_, _, _) => Task.FromResult(default(AcceptedMail)), clock, NullLogger.Instance);
        var log = Log("127.0.0.1");
        log.Answered(SmtpVerb.Ehlo, SmtpReply.Hello(endpoint.Limits));
        log.SessionEnded();
        Assert.Empty(measured);

        log = Log("127.0.0.1");
        log.Answered(SmtpVerb.Mail, SmtpReply.SenderOk);
        log.Answered(SmtpVerb.Rcpt, SmtpReply.UnknownRecipient);
        log.Answered(SmtpVerb.Data, SmtpReply.StartMail);
        clock.Advance(TimeSpan.FromSeconds(2));
        log.MailEnded(3, SmtpReply.NotAccepted);
        log.SessionEnded();
        Assert.Equal(["replies 550", "replies 354", "transaction.duration 2", "sessions none"], measured);

        SessionLog Log(string peer) =>
            new(endpoint, new SmtpDialogue(endpoint.Policy, endpoint.Decide, endpoint.Limits, new SmtpPeer(peer), offersTls: false));

        void Note(Instrument instrument, object? value)
        {
            if (Environment.CurrentManagedThreadId == thread)
            {
                measured.Add(
                    string.Create(
                        System.Globalization.CultureInfo.InvariantCulture, $"{instrument.Name["maildepot.smtp.".Length..]} {value}"));
            }
        }
    }

    [Fact]
    public void Rejections_at_connect_and_timeouts_inside_a_mail_are_measured()
    {
        var codes = new List<object?>();
        using var listener = new MeterListener();
        var thread = Environment.CurrentManagedThreadId; // other tests measure, too
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
            {
                codes.Add(tags[0].Value);
            }
        });
        listener.EnableMeasurementEvents(SmtpInstruments.Replies);
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            new SmtpLimits(),
            ByDomain,
            (_, _, _) => Task.FromResult(default(AcceptedMail)),
            new FakeTimeProvider(),
            NullLogger.Instance);
        var dialogue = new SmtpDialogue(endpoint.Policy, endpoint.Decide, endpoint.Limits, new SmtpPeer(Peer), offersTls: false);
        var log = new SessionLog(endpoint, dialogue);
        log.Greeted(SmtpReply.Greeting(endpoint.Limits));
        log.Greeted(SmtpReply.NetworkNotAllowed);
        log.TimedOut(verb: null);
        log.TimedOut(SmtpVerb.Data);
        Assert.Equal([554, 421], codes);
    }

    private static async Task<SmtpStage> PlayAsync(string script)
    {
        var stage = new SmtpStage();
        await stage.PlayAsync(Turns(script));
        return stage;
    }

    /// <summary>A client that waits for each reply, but sends a chunk together with the next command.</summary>
    private static IEnumerable<byte[]> Turns(string script) =>
        script.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Bytes(line.EndsWith('\r') ? line + "\n" : line));
}
