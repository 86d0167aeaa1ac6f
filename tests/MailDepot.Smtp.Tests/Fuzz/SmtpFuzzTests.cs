using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using MailDepot.Smtp;

namespace MailDepot.Tests.Smtp.Fuzz;

/// <summary>Plays random bytes against a session and checks what must always hold.</summary>
/// <remarks>
/// <c>MAILDEPOT_FUZZ_SECONDS</c> sets how long, <c>MAILDEPOT_FUZZ_SEED</c> which scripts: the same seed gives the same
/// ones in the same order. Scripts with a new sequence of replies become seeds of others.
/// </remarks>
public sealed partial class SmtpFuzzTests : IDisposable
{
    private const int DefaultSeconds = 3;

    /// <summary>Scripts to mutate: the seeds, and those with a new sequence of replies.</summary>
    private const int MaxScripts = 20_000;

    /// <summary>Ended sessions, which must become garbage with all they hold.</summary>
    private const int Watched = 1_000;

    /// <summary>Bytes of a reply line including CRLF (RFC 5321 §4.5.3.1.5).</summary>
    private const int ReplyLineBytes = 512;

    private const string TlsBegins = "220 2.0.0 Ready to start TLS\r\n";

    private readonly FuzzedEndpoint endpoint = new(SelfSigned());

    [Fact]
    public async Task For_any_input_replies_are_well_formed_and_a_mail_is_stored_if_and_only_if_it_got_250()
    {
        var seconds = Setting("MAILDEPOT_FUZZ_SECONDS", DefaultSeconds);
        var seed = Setting("MAILDEPOT_FUZZ_SEED", Environment.TickCount);
        var random = new Random(seed);
        var mutator = new Mutator(random);
        var scripts = Seeds.All.ToList();
        var answers = new HashSet<string>(StringComparer.Ordinal);
        var sessions = new List<WeakReference>();
        var executions = 0L;
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            var script = executions < Seeds.All.Length
                ? scripts[(int)executions]
                : mutator.Change(scripts[random.Next(scripts.Count)], scripts[random.Next(scripts.Count)]);
            var call = await HoldAsync(script, $"seed {seed}, execution {executions}");
            executions++;
            var known = answers.Count;
            answers.UnionWith(Steps(call));
            if (answers.Count > known && scripts.Count < MaxScripts)
            {
                scripts.Add(script);
            }

            if (sessions.Count < Watched)
            {
                sessions.Add(call.Session);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"SMTP fuzz: seed {seed}, {executions} executions in {seconds} s, {answers.Count} steps, {scripts.Count} scripts kept"));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.InRange(sessions.Count(session => session.IsAlive), 0, 1); // the last call may still be in a register
    }

    [Fact]
    public void The_same_seed_makes_the_same_scripts()
    {
        var (one, other) = (new Mutator(new Random(7)), new Mutator(new Random(7)));
        Assert.All(Seeds.All, script => Assert.Equal(one.Change(script, Seeds.All[0]), other.Change(script, Seeds.All[0])));
    }

    public void Dispose() => endpoint.Dispose();

    private async Task<FuzzedCall> HoldAsync(byte[] script, string which)
    {
        try
        {
            var once = await endpoint.PlayAsync([script]);
            HoldReplies(once.Replies, once.Mails.Length);
            Assert.InRange(once.MaxHeld, 0, FuzzedEndpoint.Limits.CommandLineBytes);
            var singly = await endpoint.PlayAsync(script.Chunk(1));
            Assert.Equal(once.Replies, singly.Replies);
            Assert.Equal(once.Mails, singly.Mails);
            Assert.InRange(singly.MaxHeld, 0, FuzzedEndpoint.Limits.CommandLineBytes);
            var offersTls = Encoding.Latin1.GetString(script).Contains("STARTTLS", StringComparison.OrdinalIgnoreCase);
            if (offersTls)
            {
                HoldReplies((await endpoint.PlayAsync([script], offersTls)).Replies, mails: null);
            }

            var broken = await endpoint.BreakAsync(script, offersTls);
            HoldReplies(broken.Replies, mails: null);
            Assert.InRange(Tickets(broken.Replies).Count, 0, broken.Mails.Length);
            return once;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{which}: \"{Escaped(script)}\"", e);
        }
    }

    /// <param name="replies">All bytes received; after TLS has begun they are not text.</param>
    /// <param name="mails">How many are stored; null if unknown.</param>
    private static void HoldReplies(string replies, int? mails)
    {
        var text = replies.IndexOf(TlsBegins, StringComparison.Ordinal) is >= 0 and var tls ? replies[..(tls + TlsBegins.Length)] : replies;
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        foreach (var line in text[..^2].Split("\r\n"))
        {
            Assert.Matches(Line(), line);
            Assert.InRange(line.Length, 4, ReplyLineBytes - 2);
        }

        if (mails is { } stored)
        {
            Assert.Equal(Enumerable.Range(0, stored).Select(SmtpStage.Ticket), Tickets(text));
        }
    }

    private static List<Guid> Tickets(string replies) =>
        [.. Ticket().Matches(replies).Select(match => Guid.Parse(match.Groups["id"].Value))];

    /// <summary>Which replies followed each other: a script with a new step explores something new.</summary>
    private static IEnumerable<string> Steps(FuzzedCall call)
    {
        var codes = call.Replies.Split("\r\n").Where(line => line.Length > 9 && line[3] == ' ').Select(line => line[..9]).ToList();
        return codes.Zip(codes.Skip(1), codes.Skip(2).Append("end")).Select(step => $"{step}");
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : usual;

    /// <summary>As a string literal in C#.</summary>
    private static string Escaped(byte[] script) => string.Concat(script.Select(value => value switch
    {
        (byte)'\r' => "\\r",
        (byte)'\n' => "\\n",
        (byte)'"' => "\\\"",
        (byte)'\\' => "\\\\",
        >= 0x20 and < 0x7f => $"{(char)value}",
        _ => $"\\u{(int)value:x4}",
    }));

    private static SmtpTls SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mx.depot.example", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var context = SslStreamCertificateContext.Create(
            X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null), additionalCertificates: null);
        return new SmtpTls(() => context);
    }

    [GeneratedRegex("^[2-5][0-9][0-9][ -][ -~]*$", RegexOptions.NonBacktracking)]
    private static partial Regex Line();

    [GeneratedRegex(
        "^250 2[.]0[.]0 (?<id>[0-9a-f]{8}-[-0-9a-f]{27})\r$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Ticket();
}
