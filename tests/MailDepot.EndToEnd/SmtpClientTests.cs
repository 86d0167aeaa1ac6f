using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MailDepot.EndToEnd;

/// <summary>Each client sends mails that are hard for it, and <c>receipt raw</c> returns exactly the bytes that it sent.</summary>
public sealed partial class SmtpClientTests(SmtpClientTests.Depot fixture) : IClassFixture<SmtpClientTests.Depot>
{
    private const string From = "anna@example.com";
    private const string To = "ben@example.org";

    /// <summary>Octets of a line of short words: more than RFC 5321 allows (§4.5.3.1.6: 1,000).</summary>
    private const int LongLine = 3_000;

    private static int numbers;

    private readonly RunningDepot depot = fixture.Running!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Swaks() => ComesBackAsync(
        async mail => Id(await RunAsync(
            "swaks",
            "--server", $"127.0.0.1:{depot.SmtpPort}",
            "--from", From,
            "--to", To,
            "--data", $"@{await WriteAsync(mail)}")),
        adds: "\r\n");

    [Fact]
    public Task Msmtp() => ComesBackAsync(async mail =>
    {
        // msmtp reads lines that end in LF and sends CRLF.
        var file = await WriteAsync(WithLineFeeds(mail));
        return Id(await RunAsync(
            "sh", "-c", $"exec msmtp --file=/dev/null --host=127.0.0.1 --port={depot.SmtpPort} --from={From} --debug {To} <'{file}'"));
    });

    [Fact]
    public Task Curl() => ComesBackAsync(async mail => Id(await RunAsync(
        "curl",
        "--silent", "--show-error", "--verbose",
        $"smtp://127.0.0.1:{depot.SmtpPort}/client.example",
        "--mail-from", From,
        "--mail-rcpt", To,
        "--upload-file", await WriteAsync(mail))));

    [Fact]
    public Task Python() => ComesBackAsync(async mail => Id(await RunAsync(
        "python3", "-c",
        """
        import smtplib, sys
        with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as smtp:
            smtp.ehlo()
            smtp.mail(sys.argv[2], ["body=8bitmime"])
            smtp.rcpt(sys.argv[3])
            print(smtp.data(open(sys.argv[4], "rb").read()))
        """,
        $"{depot.SmtpPort}", From, To, await WriteAsync(mail))));

    [Fact]
    public async Task Smtp_source_sends_a_file_and_is_silent_about_the_reply()
    {
        var mails = Mails("smtp-source");
        foreach (var mail in mails)
        {
            // smtp-source adds the CRs and doubles the dots.
            var file = await WriteAsync(WithLineFeeds(mail));
            await RunAsync("smtp-source", "-m", "1", "-f", From, "-t", To, "-F", file, $"127.0.0.1:{depot.SmtpPort}");
        }

        foreach (var mail in mails)
        {
            // It also adds one more CRLF at the end of every mail.
            byte[] sent = [.. mail, (byte)'\r', (byte)'\n'];
            var digest = MailDepot.Mail.Digest.Of(sent);
            await Eventually.IsTrueAsync(
                async () => (await fixture.Archived!.ReceiptsAsync()).Any(receipt => receipt.RawSha256 == digest),
                "the mail of smtp-source is archived");
            var receipt = Assert.Single(await fixture.Archived!.ReceiptsAsync(), receipt => receipt.RawSha256 == digest);
            await ComesBackAsync(receipt.Id, sent, first: mail == mails[0]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-d")]
    public async Task Smtp_source_sends_many_at_once_on_new_and_on_reused_connections(string reused)
    {
        var sender = $"load{reused}@example.com";
        const int mails = 60;
        string[] reuse = reused.Length > 0 ? [reused] : [];
        await RunAsync(
            "smtp-source",
            [.. reuse, "-s", "6", "-m", $"{mails}", "-l", "20000", "-N", "-f", sender, "-t", To, $"127.0.0.1:{depot.SmtpPort}"]);
        await Eventually.IsTrueAsync(
            async () => (await fixture.Archived!.ReceiptsAsync()).Count(receipt =>
                receipt.Source is MailDepot.Mail.SmtpSource source
                && source.From.EndsWith(sender, StringComparison.Ordinal)) == mails,
            "every mail sent is archived");
    }

    [Fact]
    public Task MailKit_with_DATA() => ComesBackAsync(mail => MailKitAsync(mail, chunked: false));

    [Fact]
    public Task MailKit_with_BDAT() => ComesBackAsync(mail => MailKitAsync(mail, chunked: true));

    [Theory]
    [InlineData("one\ntwo\n")]
    [InlineData("\n.\n..\nbare CR \r and LF at the end\n")]
    [InlineData("no line end at all")]
    public async Task Bare_line_feeds_in_BDAT_are_kept_byte_for_byte(string body)
    {
        const string binary = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n";
        byte[] mail = [.. Head("bare"), .. Encoding.Latin1.GetBytes(binary + body)];
        await ComesBackAsync(await MailKitAsync(mail, chunked: true), mail, first: true);
    }

    /// <summary>Mails that may trip a client: a body with everything, one of dots, none.</summary>
    /// <remarks>No mail ends in a line of one dot: swaks would take it for the end of DATA.</remarks>
    private static ImmutableArray<byte[]> Mails(string client) =>
    [
        [
            .. Head(client),
            .. "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"u8,
            .. ".first\r\n..two\r\n.\r\nGr\u00fc\u00dfe, \u4f60\u597d\r\n"u8,
            .. Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("long words ", LongLine / 11)) + "end\r\n\r\n...\r\n"),
        ],
        [.. Head(client), .. "\r\n.\r\n..\r\n"u8],
        [.. Head(client), .. "\r\n"u8],
    ];

    private static byte[] Head(string client) => Encoding.ASCII.GetBytes(
        $"From: Anna <{From}>\r\n"
        + $"To: {To}\r\n"
        + $"Subject: by {client}\r\n"
        + "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
        + $"Message-ID: <{client}.{Interlocked.Increment(ref numbers)}@example.com>\r\n"
        + "MIME-Version: 1.0\r\n");

    private static byte[] WithLineFeeds(byte[] mail) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(mail).Replace("\r\n", "\n", StringComparison.Ordinal));

    /// <param name="send">Sends one mail; returns the ticket from the 250 reply.</param>
    /// <param name="adds">What the client appends to every mail.</param>
    /// <param name="client">For the subject.</param>
    private async Task ComesBackAsync(
        Func<byte[], Task<Guid>> send,
        string adds = "",
        [System.Runtime.CompilerServices.CallerMemberName] string client = "")
    {
        var mails = Mails(client);
        foreach (var mail in mails)
        {
            var id = await send(mail);
            byte[] sent = [.. mail, .. Encoding.ASCII.GetBytes(adds)];
            await ComesBackAsync(id, sent, first: mail == mails[0]);
        }
    }

    /// <summary>
    /// Reads the mail in this process. The first of a client, which has everything, goes through the verb too.
    /// </summary>
    private async Task ComesBackAsync(Guid id, byte[] sent, bool first)
    {
        Assert.Equal(sent, await fixture.Archived!.RawAsync(id));
        if (first)
        {
            Assert.Equal(sent, (await depot.AskAsync("receipt", "raw", $"{id:D}")).Output);
        }
    }

    private async Task<Guid> MailKitAsync(byte[] mail, bool chunked)
    {
        using var message = await MimeMessage.LoadAsync(new MemoryStream(mail), Token);
        using var client = new AsItIs(chunked);
        await client.ConnectAsync("127.0.0.1", depot.SmtpPort, SecureSocketOptions.None, Token);
        var reply = await client.SendAsync(message, Token);
        await client.DisconnectAsync(quit: true, Token);
        Assert.Equal(chunked, client.Said.Contains("C: BDAT ", StringComparison.Ordinal));
        return Id(reply);
    }

    private async Task<string> WriteAsync(byte[] mail)
    {
        var file = Path.Combine(depot.Folder, $"{Interlocked.Increment(ref numbers)}.eml");
        await File.WriteAllBytesAsync(file, mail, Token);
        return file;
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        var path = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin";
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["PATH"] = path };
        var run = await Command.RunAsync("env", depot.Folder, environment, [program, .. arguments]);
        Assert.True(run.Code == 0, $"{program} ended with {run.Code}: {run.Text}{run.Errors}");
        return run.Text + run.Errors;
    }

    /// <summary>The last ticket in the dialogue.</summary>
    private static Guid Id(string dialogue) => Guid.Parse(Ticket().Matches(dialogue)[^1].Value);

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Ticket();

    /// <summary>A MailKit client that never re-encodes a mail to suit the server; if chunked, it sends by BDAT only.</summary>
    private sealed class AsItIs : SmtpClient
    {
        private readonly MemoryStream said;
        private readonly bool chunked;

        public AsItIs(bool chunked)
            : this(new MemoryStream(), chunked)
        {
        }

        private AsItIs(MemoryStream said, bool chunked)
            : base(new ProtocolLogger(said, leaveOpen: true)) => (this.said, this.chunked) = (said, chunked);

        public string Said => Encoding.Latin1.GetString(said.ToArray());

        protected override bool PreferSendAsBinaryData => chunked;

        protected override void Prepare(FormatOptions options, MimeMessage message, EncodingConstraint constraint, int maxLineLength)
        {
            // as it is
        }
    }

    /// <summary>One depot for all clients.</summary>
    public sealed class Depot : IAsyncLifetime
    {
        private readonly TemporaryFolder folder = new();

        public RunningDepot? Running { get; private set; }

        public Archived? Archived { get; private set; }

        public async ValueTask InitializeAsync()
        {
            Running = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
            Archived = new Archived(Running.WorkStorage);
        }

        public async ValueTask DisposeAsync()
        {
            await Archived!.DisposeAsync();
            await Running!.DisposeAsync();
            folder.Dispose();
        }
    }
}
