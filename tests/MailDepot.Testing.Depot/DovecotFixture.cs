using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailDepot.Connectors.Pop3;

namespace MailDepot.Testing;

/// <summary>A real Dovecot on free ports, with enough empty mailboxes for the tests of a class.</summary>
public sealed class DovecotFixture : IAsyncLifetime
{
    private const int Mailboxes = 40;

    /// <summary>Its mailbox serves one session at a time. A second one waits ten seconds, which no setting changes.</summary>
    private const string LockingUser = "locking";

    private readonly string folder = Directory.CreateTempSubdirectory("maildepot-dovecot-").FullName;
    private int taken;

    /// <summary>Plain POP3 with STLS; TLS is on the next port.</summary>
    public int Port { get; private set; }

    /// <summary>The self-signed certificate, for <c>localhost</c>.</summary>
    public string Certificate => Path.Combine(folder, "cert.pem");

    /// <summary>An empty mailbox that no other test has.</summary>
    public DovecotMailbox NextMailbox() => Mailbox(User(Interlocked.Increment(ref taken)));

    /// <summary>The mailbox that refuses a second session, as RFC 1939 §4 requires. Enough for one test.</summary>
    public DovecotMailbox LockingMailbox() => Mailbox(LockingUser);

    /// <summary>How a user logged in, per session: <c>APOP</c> or <c>PLAIN</c>, which the server logs for USER with PASS too.</summary>
    public IEnumerable<string> LoginsOf(string user) => File.ReadLines(Path.Combine(folder, "dovecot.log"))
        .Select(line => line.Split($": Login: user=<{user}>, method=") is [_, var rest] ? rest.Split(',')[0] : "")
        .Where(method => method.Length > 0);

    public async ValueTask InitializeAsync()
    {
        Port = FreePair();
        await RunAsync(
        [
            "start", folder, $"{Port}",
            .. Enumerable.Range(1, Mailboxes).Select(number => $"{User(number)}:{DovecotMailbox.Password}"),
            $"{LockingUser}:{DovecotMailbox.Password}:userdb_pop3_lock_session=yes",
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync(["stop", folder]);
        Directory.Delete(folder, recursive: true);
    }

    private DovecotMailbox Mailbox(string user) => new(this, user, Path.Combine(folder, "mail", user));

    private static string User(int number) => "user" + number.ToString("00", CultureInfo.InvariantCulture);

    /// <summary>The output goes to a file: Dovecot outlives the script and would hold a pipe open.</summary>
    private async Task RunAsync(IEnumerable<string> arguments)
    {
        var output = Path.Combine(folder, "output");
        using var script = Process.Start(
            "bash",
            ["-c", "exec bash \"$@\" >\"$0\" 2>&1 </dev/null", output, Clone.Path("tests/dovecot.sh"), .. arguments]);
        await script.WaitForExitAsync(CancellationToken.None);
        Assert.True(script.ExitCode == 0, $"Dovecot: {await File.ReadAllTextAsync(output, CancellationToken.None)}");
    }

    private static int FreePair()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (SocketException)
            {
                // the second port is taken: try another pair
            }
        }
    }
}

/// <summary>A mailbox on the Dovecot, and the settings with which a depot collects it as <c>office</c>.</summary>
public sealed record DovecotMailbox(DovecotFixture Dovecot, string User, string Folder)
{
    public const string Name = "office";
    public const string Password = "s3cret-7c1f";

    private static int files;

    /// <summary>The mails that are in it now.</summary>
    public byte[][] Mails => [.. Files.Select(File.ReadAllBytes)];

    /// <summary>How many there are. Unlike <see cref="Mails"/>, it works while the server deletes them.</summary>
    public int Count => Files.Count();

    private IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(Folder, "new"))
        .Concat(Directory.EnumerateFiles(Path.Combine(Folder, "cur")));

    /// <summary>Delivers mails.</summary>
    public void Put(params IEnumerable<byte[]> mails)
    {
        foreach (var mail in mails)
        {
            var name = $"{1_800_000_000 + Interlocked.Increment(ref files)}.M1P1.test,S={mail.Length},W={mail.Length}";
            var written = Path.Combine(Folder, "tmp", name);
            File.WriteAllBytes(written, mail);
            File.Move(written, Path.Combine(Folder, "new", name));
        }
    }

    /// <summary>Settings of a depot's only mailbox, or of one of several.</summary>
    public Dictionary<string, string?> Settings(
        MailboxSecurity security = MailboxSecurity.None, int? port = null, string name = Name, int number = 0)
    {
        var listening = security is MailboxSecurity.Tls ? Dovecot.Port + 1 : Dovecot.Port;
        return new(StringComparer.Ordinal)
        {
            [Key(nameof(MailboxOptions.Name))] = name,
            [Key(nameof(MailboxOptions.Host))] = "localhost",
            [Key(nameof(MailboxOptions.Port))] = $"{port ?? listening}",
            [Key(nameof(MailboxOptions.Security))] = $"{security}",
            [Key(nameof(MailboxOptions.Certificate))] = security is MailboxSecurity.None ? "" : Dovecot.Certificate,
            [Key(nameof(MailboxOptions.User))] = User,
            [Key(nameof(MailboxOptions.PasswordSetting))] = "Passwords:office",
            ["Passwords:office"] = Password,
        };

        string Key(string option) => $"MailDepot:Mailboxes:{number}:{option}";
    }
}
