using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailDepot.Connectors.Pop3;

namespace MailDepot.Testing;

/// <summary>A real Dovecot on free ports, with empty mailboxes enough for the tests of a class.</summary>
public sealed class DovecotFixture : IAsyncLifetime
{
    private const int Mailboxes = 40;

    /// <summary>Its mailbox is one session's at a time; another one waits ten seconds for it, by no setting.</summary>
    private const string LockingUser = "locking";

    private readonly string folder = Directory.CreateTempSubdirectory("maildepot-dovecot-").FullName;
    private int taken;

    /// <summary>Plain, with STLS; the next one is TLS.</summary>
    public int Port { get; private set; }

    /// <summary>The self-signed certificate, for <c>localhost</c>.</summary>
    public string Certificate => Path.Combine(folder, "cert.pem");

    /// <summary>An empty mailbox that no other test has.</summary>
    public DovecotMailbox NextMailbox() => Mailbox(User(Interlocked.Increment(ref taken)));

    /// <summary>The one that a second session is refused, as RFC 1939 §4 wants it; for one test.</summary>
    public DovecotMailbox LockingMailbox() => Mailbox(LockingUser);

    /// <summary>Ways by which a user got in, as the server logged them: <c>APOP</c>; it logs USER with PASS as <c>PLAIN</c>, too.</summary>
    public IEnumerable<string> LoginsOf(string user) => File.ReadLines(Path.Combine(folder, "dovecot.log"))
        .Select(line => line.Split($": Login: user=<{user}>, method=") is [_, var rest] ? rest.Split(',')[0] : "").Where(method => method.Length > 0);

    public async ValueTask InitializeAsync()
    {
        Port = FreePair();
        await RunAsync(
            ["start", folder, $"{Port}", .. Enumerable.Range(1, Mailboxes).Select(number => $"{User(number)}:{DovecotMailbox.Password}"), $"{LockingUser}:{DovecotMailbox.Password}:userdb_pop3_lock_session=yes"]);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync(["stop", folder]);
        Directory.Delete(folder, recursive: true);
    }

    private DovecotMailbox Mailbox(string user) => new(this, user, Path.Combine(folder, "mail", user));

    private static string User(int number) => "user" + number.ToString("00", CultureInfo.InvariantCulture);

    /// <summary>What it says goes to a file: Dovecot lives on, and would hold a pipe open.</summary>
    private async Task RunAsync(IEnumerable<string> arguments)
    {
        var said = Path.Combine(folder, "said");
        using var script = Process.Start("bash", ["-c", "exec bash \"$@\" >\"$0\" 2>&1 </dev/null", said, Clone.Path("tests/dovecot.sh"), .. arguments]);
        await script.WaitForExitAsync(CancellationToken.None);
        Assert.True(script.ExitCode == 0, $"Dovecot: {await File.ReadAllTextAsync(said, CancellationToken.None)}");
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
                // taken: another pair
            }
        }
    }
}

/// <summary>One mailbox of the Dovecot, and the settings under which a depot collects it as <c>office</c>.</summary>
public sealed record DovecotMailbox(DovecotFixture Dovecot, string User, string Folder)
{
    public const string Name = "office";
    public const string Password = "s3cret-7c1f";

    private static int files;

    /// <summary>Mails that are in it now.</summary>
    public byte[][] Mails => [.. Files.Select(File.ReadAllBytes)];

    /// <summary>How many there are; unlike <see cref="Mails"/> also while the server takes them away.</summary>
    public int Count => Files.Count();

    private IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(Folder, "new")).Concat(Directory.EnumerateFiles(Path.Combine(Folder, "cur")));

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

    /// <summary>Settings of the one mailbox of a depot, or of one of several.</summary>
    public Dictionary<string, string?> Settings(MailboxSecurity security = MailboxSecurity.None, int? port = null, string name = Name, int number = 0) => new(StringComparer.Ordinal)
    {
        [$"MailDepot:Mailboxes:{number}:{nameof(MailboxOptions.Name)}"] = name,
        [$"MailDepot:Mailboxes:{number}:{nameof(MailboxOptions.Host)}"] = "localhost",
        [$"MailDepot:Mailboxes:{number}:{nameof(MailboxOptions.Port)}"] = $"{port ?? (security is MailboxSecurity.Tls ? Dovecot.Port + 1 : Dovecot.Port)}",
        [$"MailDepot:Mailboxes:{number}:{nameof(MailboxOptions.Security)}"] = $"{security}",
        [$"MailDepot:Mailboxes:{number}:{nameof(MailboxOptions.Certificate)}"] = security is MailboxSecurity.None ? "" : Dovecot.Certificate,
        [$"MailDepot:Mailboxes:{number}:{nameof(MailboxOptions.User)}"] = User,
        [$"MailDepot:Mailboxes:{number}:{nameof(MailboxOptions.PasswordSetting)}"] = "Passwords:office",
        ["Passwords:office"] = Password,
    };
}
