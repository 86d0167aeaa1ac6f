using MailDepot.Mail;
using MailDepot.Smtp;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

public sealed class DialogueTests
{
    [Fact]
    public async Task A_plain_session_stores_the_mail_with_its_envelope_and_replies_with_the_ticket()
    {
        var played = await new SmtpStage().PlayAsync(
            Ehlo + "MAIL FROM:<anna@sender.example>\r\nRCPT TO:<" + JournalAddress
                + ">\r\nDATA\r\nSubject: one\r\n\r\ntext\r\n.\r\nQUIT\r\n");
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "354", "250 2.0.0", "221 2.0.0"]);
        Assert.Contains($"250 2.0.0 {Ticket(0):D}\r\n", played.Text, StringComparison.Ordinal);
        Assert.Equal("Subject: one\r\n\r\ntext\r\n", played.Mail);
        var source = played.Mails[0].Source;
        Assert.Equal((Peer, "client.example", "anna@sender.example", null), (source.Peer, source.Helo, source.From, source.Tls));
        Assert.Equal(new Destination("main", Journal: true), source.Destination);
        Assert.Equal([JournalAddress], source.To);
    }

    [Fact]
    public async Task Ehlo_announces_what_is_offered_and_nothing_else()
    {
        var played = await new SmtpStage().PlayAsync(Ehlo);
        Assert.Equal(
            "220 mx.depot.example ESMTP MailDepot\r\n250-mx.depot.example\r\n250-PIPELINING\r\n250-SIZE 314572800\r\n250-8BITMIME\r\n"
                + "250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250 LIMITS RCPTMAX=1000\r\n",
            played.Text);
    }

    [Fact]
    public async Task Helo_is_enough_for_a_mail()
    {
        var played = await new SmtpStage().PlayAsync("HELO client.example\r\n" + Envelope + "DATA\r\nx\r\n.\r\n");
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "354", "250 2.0.0"]);
        Assert.StartsWith("220 mx.depot.example ESMTP MailDepot\r\n250 mx.depot.example\r\n", played.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_mails_go_over_one_connection()
    {
        var played = await new SmtpStage().PlayAsync(Ehlo + Envelope + "DATA\r\none\r\n.\r\n" + Envelope + "DATA\r\ntwo\r\n.\r\nQUIT\r\n");
        Assert.Equal("one\r\n|two\r\n", string.Join('|', played.Mails.Select(mail => mail.Mail)));
        Assert.Contains($"{Ticket(1):D}", played.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NOOP\r\n", "250 2.0.0")]
    [InlineData("noop with words\r\n", "250 2.0.0")]
    [InlineData("RSET\r\n", "250 2.0.0")]
    [InlineData("HELP\r\n", "214 2.0.0")]
    [InlineData("HELP MAIL\r\n", "214 2.0.0")]
    [InlineData("VRFY anna\r\n", "252 2.5.0")]
    [InlineData("QUIT\r\n", "221 2.0.0")]
    public async Task Small_commands_work_before_ehlo(string command, string reply) =>
        (await new SmtpStage().PlayAsync(command)).AssertReplies([reply]);

    // RFC 5321 §4.1.1: "SHOULD tolerate trailing white space before the terminating <CRLF>", a tab as well as a space.
    [Theory]
    [InlineData("\t")]
    [InlineData(" ")]
    [InlineData(" \t\t ")]
    [InlineData("\t \t")]
    public async Task White_space_after_a_command_is_tolerated(string blanks)
    {
        string[] commands =
        [
            "NOOP", "HELP", "HELP MAIL", "VRFY anna", "EHLO client.example", "MAIL FROM:<anna@sender.example>", "RSET",
            "HELO client.example",
            "MAIL FROM:<anna@sender.example> SIZE=20 BODY=8BITMIME", "RCPT TO:<" + JournalAddress + ">", "DATA", "x\r\n.",
        ];
        string[] chunks =
        [
            "EHLO client.example", "MAIL FROM:<>", "RCPT TO: <" + JournalAddress + ">", "BDAT 3", "y\r\n" + "BDAT 3 LAST", "z\r\n" + "QUIT",
        ];

        var played = await new SmtpStage().PlayAsync(string.Concat([.. commands.Select(Line), .. chunks.Select(Line)]));

        played.AssertReplies(
            [
                "250 2.0.0", "214 2.0.0", "214 2.0.0", "252 2.5.0", "250", "250 2.1.0", "250 2.0.0", "250", "250 2.1.0", "250 2.1.5", "354",
                "250 2.0.0", "250", "250 2.1.0", "250 2.1.5", "250 2.0.0", "250 2.0.0", "221 2.0.0",
            ]);
        Assert.Equal(["anna@sender.example", ""], played.Mails.Select(mail => mail.Source.From));
        Assert.Equal(["x\r\n", "y\r\nz\r\n"], played.Mails.Select(mail => mail.Mail));
        Assert.All(played.Mails, mail => Assert.Equal([JournalAddress], mail.Source.To));
        Assert.All(played.Mails, mail => Assert.Equal("client.example", mail.Source.Helo));

        // White space after the dot would be the mail's own.
        string Line(string command) => command.EndsWith('.') ? $"{command}\r\n" : $"{command}{blanks}\r\n";
    }

    [Theory]
    [InlineData("\tNOOP\r\n")]
    [InlineData("\t\r\n")]
    [InlineData("MAIL\tFROM:<>\r\n")]
    public async Task A_tab_before_or_between_words_is_not_a_command(string command) =>
        (await new SmtpStage().PlayAsync(command)).AssertReplies(["500 5.5.2"]);

    // Row 23.
    [Theory]
    [InlineData("MAIL FROM:<>\r\n")]
    [InlineData("RCPT TO:<journal@depot.example>\r\n")]
    [InlineData("DATA\r\n")]
    public async Task Commands_out_of_order_get_503(string command) =>
        (await new SmtpStage().PlayAsync(command)).AssertReplies(["503 5.5.1"]);

    [Fact]
    public async Task Rcpt_before_mail_and_data_before_rcpt_get_503()
    {
        var played = await new SmtpStage().PlayAsync(Ehlo + "RCPT TO:<" + JournalAddress + ">\r\nMAIL FROM:<>\r\nDATA\r\n");
        played.AssertReplies(["250", "503 5.5.1", "250 2.1.0", "503 5.5.1"]);
    }

    [Fact]
    public async Task A_nested_mail_gets_503_and_leaves_the_transaction_as_it_is()
    {
        var played = await new SmtpStage().PlayAsync(Ehlo + Envelope + "MAIL FROM:<b@b.example>\r\nDATA\r\nx\r\n.\r\n");
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "503 5.5.1", "354", "250 2.0.0"]);
        Assert.Equal("", played.Mails[0].Source.From);
    }

    [Fact]
    public async Task Rset_forgets_the_transaction()
    {
        var played = await new SmtpStage().PlayAsync(Ehlo + Envelope + "RSET\r\nDATA\r\n" + Envelope);
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "250 2.0.0", "503 5.5.1", "250 2.1.0", "250 2.1.5"]);
    }

    // Row 24.
    [Fact]
    public async Task A_second_ehlo_in_a_transaction_resets_it()
    {
        var played = await new SmtpStage().PlayAsync(Ehlo + Envelope + "EHLO again.example\r\nDATA\r\n");
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "250", "503 5.5.1"]);
    }

    [Fact]
    public async Task Whoever_decides_about_a_recipient_gets_its_address_the_first_one_s_destination_and_the_announced_size()
    {
        var asked = new List<(string, Destination?, long?)>();
        var other = new Destination("b", Journal: true);
        var stage = new SmtpStage
        {
            Deciding = () => (address, first, size) =>
            {
                asked.Add((address, first, size));
                return address switch
                {
                    "a@one.example" => RecipientDecision.Refuse(SmtpReply.PostmasterBusy),
                    "b@one.example" => RecipientDecision.Accept(other, maxBytes: 9),
                    _ => RecipientDecision.Accept(other),
                };
            },
        };
        var call = stage.Call();
        await call.SendAsync(
            Ehlo + "MAIL FROM:<> SIZE=7\r\nRCPT TO:<a@one.example>\r\nRCPT TO:<b@one.example>\r\nRCPT TO:<Postmaster>\r\n"
            + "DATA\r\n123456789\r\n.\r\n"
            + "MAIL FROM:<>\r\nRCPT TO:<c@one.example>\r\nDATA\r\n123456789\r\n.\r\n");
        (await call.HangUpAsync()).AssertReplies(
            ["250", "250 2.1.0", "450 4.7.1", "250 2.1.5", "250 2.1.5", "354", "552 5.3.4", "250 2.1.0", "250 2.1.5", "354", "250 2.0.0"]);
        Assert.Equal(
            [("a@one.example", null, 7), ("b@one.example", null, 7), ("Postmaster", other, 7), ("c@one.example", null, null)], asked);
    }

    // Row 30.
    [Fact]
    public async Task A_recipient_that_is_not_ours_gets_550_and_the_others_get_the_mail()
    {
        var played = await new SmtpStage().PlayAsync(
            Ehlo + "MAIL FROM:<>\r\nRCPT TO:<a@elsewhere.example>\r\nRCPT TO:<" + JournalAddress + ">\r\nDATA\r\nx\r\n.\r\n");
        played.AssertReplies(["250", "250 2.1.0", "550 5.1.1", "250 2.1.5", "354", "250 2.0.0"]);
        Assert.Equal([JournalAddress], played.Mails[0].Source.To);
    }

    [Fact]
    public async Task The_first_recipient_decides_the_destination_and_others_are_deferred()
    {
        var played = await new SmtpStage().PlayAsync(
            Ehlo + "MAIL FROM:<>\r\nRCPT TO:<a@depot.example>\r\nRCPT TO:<b@other.example>\r\nRCPT TO:<" + JournalAddress
            + ">\r\nRCPT TO:<c@more.example>\r\nDATA\r\nx\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@other.example>\r\n");
        played.AssertReplies(
            ["250", "250 2.1.0", "250 2.1.5", "452 4.5.3", "452 4.5.3", "250 2.1.5", "354", "250 2.0.0", "250 2.1.0", "250 2.1.5"]);
        Assert.Equal(["a@depot.example", "c@more.example"], played.Mails[0].Source.To);
    }

    // Row 20.
    [Fact]
    public async Task Recipients_over_the_limit_get_452()
    {
        var stage = new SmtpStage { Limits = new SmtpLimits { Recipients = 2 } };
        var played = await stage.PlayAsync(
            Ehlo + "MAIL FROM:<>\r\nRCPT TO:<a@depot.example>\r\nRCPT TO:<b@depot.example>\r\nRCPT TO:<c@depot.example>\r\nDATA\r\n.\r\n");
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "250 2.1.5", "452 4.5.3", "354", "250 2.0.0"]);
        Assert.Equal(2, played.Mails[0].Source.To.Length);
    }

    [Fact]
    public async Task A_thousand_recipients_are_fine_by_default()
    {
        var recipients = string.Concat(Enumerable.Range(0, 1_001).Select(i => $"RCPT TO:<r{i}@depot.example>\r\n"));
        var played = await new SmtpStage().PlayAsync([Bytes(Ehlo + "MAIL FROM:<>\r\n" + recipients)]);
        Assert.Equal(1_000, played.Replies.Count("250 2.1.5".Equals));
        Assert.Equal("452 4.5.3", played.Replies[^1]);
    }
}
