using System.Diagnostics;
using System.Globalization;
using MailDepot.Host.Local;

namespace MailDepot.EndToEnd;

/// <summary>A full mailbox is collected and archived while everything around it fails in turn.</summary>
/// <remarks><c>MAILDEPOT_POP3_MAILS</c> sets the number of mails. Changes must pass with 10,000: some minutes on Azurite.</remarks>
public sealed class Pop3StormTests(DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const int DefaultMails = 2_500;

    /// <summary>Every second connection is cut until this many cuts; the other numbers name the cuts at which more happens.</summary>
    private const int Cuts = 20, FirstKill = 7, Outage = 10, SecondKill = 14;

    /// <summary>The least number of visits, so that no cut finds the mailbox empty.</summary>
    private const int Visits = 2 * (Cuts + 5);

    /// <summary>The fewest bytes on the wire for a listed mail and for a mail: each cut comes before the end of its session.</summary>
    private const int ListedBytes = 40, MailBytes = 500;

    private const int Seed = 20261123;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cut_off_twenty_times_killed_twice_and_once_without_storage_every_mail_is_archived_once_and_the_mailbox_is_empty()
    {
        var (count, mailbox, chance, started) = (MailCount, dovecot.NextMailbox(), new Random(Seed), Stopwatch.GetTimestamp());
        var mails = Enumerable.Range(0, count).Select(number => SmtpLoad.Mail("storm", number, size: 400)).ToList();
        mailbox.Put(mails);

        using var folder = new TemporaryFolder();
        using var data = new TemporaryFolder();
        var environment = await RunningDepot.UsualEnvironmentAsync();
        var program = await RunningDepot.AzuriteAsync();
        var setup = new AzuriteSetup { Folder = data.Local, Ports = AzuritePorts.Any };
        var azurite = await AzuriteProcess.StartOrAdoptAsync(program, setup, TimeProvider.System, Token);
        environment["MailDepot__WorkStorage"] = azurite.ConnectionString(AzuriteAccount.Development.Name);

        RunningDepot? depot = null;
        CuttingProxy? proxy = null;
        var connections = 0;
        proxy = new CuttingProxy(dovecot.Port)
        {
            CutAfter = () => connections++ % 2 == 0 && connections < 2 * Cuts
                ? chance.Next(1_000, (ListedBytes * mailbox.Count) + (MailBytes * (count / Visits)))
                : null,
            AtCut = AtCutAsync,
        };
        await using var proxied = proxy;
        Set(environment, mailbox.Settings(port: proxy.Port), mailsPerVisit: count / Visits);
        depot = await RunningDepot.StartAsync(folder.Path, environment);
        await using var archived = new Archived(environment["MailDepot__WorkStorage"]!);
        for (var left = mailbox.Count; left > 0; left = mailbox.Count)
        {
            var cuts = proxy.Cuts;
            await Eventually.IsTrueAsync(async () =>
            {
                await archived.AskForPollAsync(DovecotMailbox.Name); // the next scheduled poll is minutes away
                return mailbox.Count < left || proxy.Cuts > cuts;
            }, "the mailbox gets emptier, or is cut off");
        }

        Say($"{proxy.Cuts} cuts in {connections} sessions, mailbox empty after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s.");
        Assert.Equal(Cuts, proxy.Cuts);
        await archived.UntilQueueIsEmptyAsync();
        Say($"{count} mails archived after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s.");
        await archived.ListsExactlyAsync(mails);
        await depot.DisposeAsync();
        await azurite.DisposeAsync();

        async Task AtCutAsync()
        {
            var cut = proxy!.Cuts + 1;
            if (cut is FirstKill or SecondKill)
            {
                await depot!.KillAsync();
                depot = await RunningDepot.StartAsync(folder.Path, environment);
            }
            else if (cut == Outage)
            {
                await azurite.StopAsync(Token);
                azurite = await AzuriteProcess.StartOrAdoptAsync(program, setup with { Ports = azurite.Ports }, TimeProvider.System, Token);
            }
        }
    }

    private static int MailCount =>
        int.TryParse(Environment.GetEnvironmentVariable("MAILDEPOT_POP3_MAILS"), CultureInfo.InvariantCulture, out var wanted)
            ? wanted
            : DefaultMails;

    private static void Set(Dictionary<string, string?> environment, Dictionary<string, string?> settings, int mailsPerVisit)
    {
        settings["MailDepot:Mailboxes:0:MaxMailsPerRun"] = settings["MailDepot:Mailboxes:0:CommitEvery"] = $"{mailsPerVisit}";
        foreach (var (key, value) in settings)
        {
            environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
