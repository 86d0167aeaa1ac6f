using System.Diagnostics;
using System.Text;
using MailDepot.Host.Local;

namespace MailDepot.EndToEnd;

/// <summary>The process is killed at chosen moments of a collection; a proxy holds each moment until the process is gone.</summary>
public sealed class Pop3KillTests(DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const int Kills = 20;

    /// <summary>
    /// Each mailbox sees two kills, the second with what the first left. By then the first visit's lease has ended, or the test
    /// waits for its end.
    /// </summary>
    private const int Mailboxes = 10;

    /// <summary>Mails put before each start. The large one in the middle streams; the others are stored from memory.</summary>
    private const int SmallBefore = 6, SmallAfter = 6;

    /// <summary>Makes the moments the same in every run.</summary>
    private const int Seed = 20261123;

    private readonly List<byte[]> mails = [];
    private readonly Random random = new(Seed);

    private enum Moment
    {
        Fetching,
        Spooling,
        BeforeTheRows,
        BeforeTheDeletes,
        BeforeTheQuit,
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_any_moment_of_a_collection_every_mail_is_archived_once_and_the_mailboxes_are_emptied()
    {
        using var folder = new TemporaryFolder();
        var environment = await RunningDepot.UsualEnvironmentAsync();
        var program = await RunningDepot.AzuriteAsync();
        var setup = new AzuriteSetup { Ports = AzuritePorts.Any };
        await using var azurite = await AzuriteProcess.StartOrAdoptAsync(program, setup, TimeProvider.System, Token);
        var storage = azurite.ConnectionString(AzuriteAccount.Development.Name);
        await using var archived = new Archived(storage);
        var mailboxes = Enumerable.Range(0, Mailboxes).Select(number => (Name: $"box{number}", In: dovecot.NextMailbox())).ToList();

        var started = Stopwatch.GetTimestamp();
        for (var kill = 0; kill < Kills; kill++)
        {
            var (name, mailbox) = mailboxes[kill % Mailboxes];
            Fill(mailbox, kill);
            var (moment, held) = ((Moment)((kill + (kill / Mailboxes)) % Enum.GetValues<Moment>().Length), mailbox.Count);
            await KillAsync(folder.Path, environment, azurite, moment, port => mailboxes.Take(kill + 1).SelectMany(
                (other, number) => other.In == mailbox ? Due(other, number, port) : Known(other, number)));
            Assert.Equal(held, mailbox.Count); // the server deletes at QUIT only
            var written = await archived.CollectedUidlsAsync(name);
            Say($"{name} killed {moment}: {written} of {held} mails have a row.");
            Assert.True(written > 0 || moment < Moment.BeforeTheDeletes, $"{moment}: no mail has a row.");
        }

        Done($"{Kills} kills");
        await using var last = await RunningDepot.StartAsync(folder.Path, With(
            environment, storage, mailboxes.SelectMany((mailbox, number) => Due(mailbox, number, dovecot.Port))));
        await Eventually.IsTrueAsync(() => mailboxes.All(mailbox => mailbox.In.Count == 0), "the mailboxes are empty");
        Done("mailboxes empty");
        await archived.UntilQueueIsEmptyAsync();
        Done($"{mails.Count} mails archived");
        await archived.HoldsExactlyAsync(mails);

        void Done(string what) => Say($"{what} after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s.");
    }

    /// <summary>Starts the depot behind a proxy and kills it when the proxy sees the moment, which it does not pass on.</summary>
    /// <param name="settings">The mailboxes' settings, given the POP3 port of the one under test.</param>
    private async Task KillAsync(
        string folder,
        Dictionary<string, string?> environment,
        AzuriteProcess azurite,
        Moment moment,
        Func<int, IEnumerable<KeyValuePair<string, string?>>> settings)
    {
        var (target, word, saying) = moment switch
        {
            Moment.Fetching => (dovecot.Port, null, 0),
            Moment.Spooling => (azurite.Ports.Queue, "/archive/messages", random.Next(1, SmallBefore + SmallAfter)),
            Moment.BeforeTheRows => (azurite.Ports.Table, "/Uidls(PartitionKey=", 1),
            Moment.BeforeTheDeletes => (dovecot.Port, "DELE", 1),
            _ => (dovecot.Port, "QUIT", 1),
        };
        var bytes = 1_000L << random.Next(12); // up to 2 MB: before, in and after the first mails
        var running = new TaskCompletionSource<RunningDepot>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxy = new CuttingProxy(target)
        {
            CutAfter = () => moment is Moment.Fetching ? bytes : null,
            CutAt = word is null ? null : Encoding.ASCII.GetBytes(word),
            CutAtSaying = saying,
            AtCut = async () => await (await running.Task).KillAsync(),
        };
        var storage = azurite.ConnectionString(AzuriteAccount.Development.Name)
            .Replace($":{target}/", $":{proxy.Port}/", StringComparison.Ordinal);
        var pop3 = target == dovecot.Port ? proxy.Port : dovecot.Port;
        await using var depot = await RunningDepot.StartAsync(folder, With(environment, storage, settings(pop3)));
        running.SetResult(depot);
        await Eventually.IsTrueAsync(() => proxy.Cuts > 0, $"the depot is killed at {moment}");
    }

    /// <summary>No two mails are the same; some are too big for a queue message.</summary>
    private void Fill(DovecotMailbox mailbox, int kill)
    {
        for (var number = 0; number <= SmallBefore + SmallAfter; number++)
        {
            var size = number == SmallBefore ? 3_300_000 : number % 5 == 4 ? 80_000 : 600;
            var mail = SmtpLoad.Mail($"pop{kill:d2}", number, size);
            mails.Add(mail);
            mailbox.Put(mail);
        }
    }

    /// <summary>A mailbox that is polled at once and every 10 s.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Due((string Name, DovecotMailbox In) mailbox, int number, int port) =>
        mailbox.In.Settings(port: port, name: mailbox.Name, number: number)
            .Append(new($"MailDepot:Mailboxes:{number}:Interval", "00:00:10"));

    /// <summary>A mailbox that is visited only when the message of a killed visit reappears.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Known((string Name, DovecotMailbox In) mailbox, int number) =>
        mailbox.In.Settings(name: mailbox.Name, number: number)
            .Append(new($"MailDepot:Mailboxes:{number}:Interval", "1.00:00:00"));

    private static Dictionary<string, string?> With(
        Dictionary<string, string?> environment, string storage, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var more = new Dictionary<string, string?>(environment, StringComparer.Ordinal) { ["MailDepot__WorkStorage"] = storage };
        foreach (var (key, value) in settings)
        {
            more[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return more;
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
