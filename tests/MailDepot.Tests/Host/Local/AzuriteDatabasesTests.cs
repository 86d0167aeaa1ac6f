using System.Security.Cryptography;
using MailDepot.Host.Local;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Host.Local;

/// <summary>What a power failure leaves of Azurite's files, and whether the recovery that `up` names works.</summary>
public sealed class AzuriteDatabasesTests(AzuriteFixture azurite) : IDisposable
{
    private const string Blobs = "__azurite_db_blob__.json";
    private const string BlobExtents = "__azurite_db_blob_extent__.json";
    private const string Queues = "__azurite_db_queue__.json";
    private const string QueueExtents = "__azurite_db_queue_extent__.json";
    private const string Tables = "__azurite_db_table__.json";

    private readonly TemporaryFolder temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Blobs, "only a backup")]
    [InlineData(BlobExtents, "nothing is lost")]
    [InlineData(Queues, "Smaller mails (up to 48 KB, compressed) that were accepted but not archived yet are lost")]
    [InlineData(QueueExtents, "nothing is lost")]
    [InlineData(Tables, "`maildepot index rebuild`")]
    public async Task A_file_that_is_cut_empty_or_full_of_zeros_is_named_with_its_recovery_and_nothing_is_deleted(
        string file, string recovery)
    {
        await KeepMailAsync();
        var whole = await File.ReadAllBytesAsync(In(file), Token);
        foreach (var left in new[] { [], whole[..(whole.Length / 2)], whole[..^1], new byte[whole.Length] })
        {
            await File.WriteAllBytesAsync(In(file), left, Token);
            var files = Extents();

            var refused = await Assert.ThrowsAsync<StartException>(StartAsync);

            var state = left.Length == 0 ? "empty" : "damaged";
            Assert.StartsWith($"{In(file)} is {state}, as after a power failure. ", refused.Message, StringComparison.Ordinal);
            Assert.Contains(recovery, refused.Message, StringComparison.Ordinal);
            Assert.Equal(left, await File.ReadAllBytesAsync(In(file), Token));
            Assert.Equal(files, Extents());
        }
    }

    [Fact]
    public async Task With_the_blobs_names_set_aside_Azurite_is_not_started_and_a_backup_brings_the_mails_back()
    {
        var receipts = await KeepMailAsync();
        File.Move(In(Blobs), In(Blobs + ".broken"));
        var files = Extents();

        var refused = await Assert.ThrowsAsync<StartException>(StartAsync);

        Assert.StartsWith($"{In(Blobs)} is missing. It names every mail", refused.Message, StringComparison.Ordinal);
        Assert.Equal(files, Extents());
        File.Move(In(Blobs + ".broken"), In(Blobs));
        await using var started = await StartAsync();
        await using var depot = await DepotAsync(started);
        await HoldsAsync(depot, receipts);
    }

    [Fact]
    public async Task With_the_tables_set_aside_a_rebuild_brings_the_mails_back()
    {
        var receipts = await KeepMailAsync();
        SetAside(Tables);
        await using var started = await StartAsync();
        await using var depot = await DepotAsync(started);
        Assert.Null(await depot.Reader.FindAsync(receipts[0].Receipt.Id, Token));

        await depot.Get<IndexRepair>().RebuildAsync(TestDepot.Container, _ => { }, _ => { }, Token);

        await HoldsAsync(depot, receipts);
    }

    [Fact]
    public async Task With_the_list_of_blob_extents_set_aside_nothing_is_lost_even_after_new_mails_and_another_start()
    {
        var receipts = await KeepMailAsync();
        SetAside(BlobExtents);
        await using (var started = await StartAsync())
        {
            await using var depot = await DepotAsync(started);
            await HoldsAsync(depot, receipts);
            for (var i = 0; i < 20; i++)
            {
                var mail = A.Mail().Subject($"later {i}").Bytes();
                receipts.Add((await depot.KeepAsync(mail), mail));
            }
        }

        await using var again = await StartAsync();
        await using var later = await DepotAsync(again);
        await HoldsAsync(later, receipts);
    }

    [Fact]
    public async Task With_the_list_of_queue_extents_set_aside_waiting_tickets_are_archived()
    {
        var ticket = await LeaveWaitingAsync(A.Mail().Subject("waits").Bytes());
        SetAside(QueueExtents);
        await using var started = await StartAsync();
        await using var depot = await DepotAsync(started);
        await depot.ArchiveAllAsync();
        Assert.NotNull(await depot.Reader.FindAsync(ticket.Id, Token));
    }

    [Fact]
    public async Task With_the_queues_set_aside_small_waiting_mails_are_lost_and_those_in_the_spool_come_back_after_an_hour()
    {
        var small = await LeaveWaitingAsync(A.Mail().Subject("small").Bytes());
        var large = await LeaveWaitingAsync([.. A.Mail().Subject("large").Bytes(), .. RandomNumberGenerator.GetBytes(100_000)]);
        SetAside(Queues);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(61));
        await using var started = await StartAsync();
        await using var depot = await DepotAsync(started, clock);

        Assert.Equal(1, await depot.Get<SpoolSweep>().RunAsync(Token));
        await depot.ArchiveAllAsync();

        Assert.NotNull(await depot.Reader.FindAsync(large.Id, Token));
        Assert.Null(await depot.Reader.FindAsync(small.Id, Token));
    }

    public void Dispose() => temporary.Dispose();

    private string In(string file) => Path.Combine(temporary.Local.AzuriteContent, file);

    private void SetAside(string file) => File.Move(In(file), In(file + ".broken"));

    /// <summary>Content files, by name. Those that Azurite removes at every start are gone already.</summary>
    private List<string> Extents() => [.. Directory.EnumerateFiles(In("__blobstorage__")).Order(StringComparer.Ordinal)];

    private async Task<AzuriteProcess> StartAsync() => await AzuriteProcess.StartOrAdoptAsync(
        await azurite.ProgramAsync(), new AzuriteSetup { Folder = temporary.Local, Ports = AzuritePorts.Any }, TimeProvider.System, Token);

    private static Task<TestDepot> DepotAsync(AzuriteProcess started, TimeProvider? clock = null) =>
        TestDepot.CreateAsync(started.ConnectionString(AzuriteAccount.Development.Name), clock);

    /// <summary>Leaves a depot with a few mails that was stopped properly.</summary>
    private async Task<List<(Receipt Receipt, byte[] Mail)>> KeepMailAsync()
    {
        var receipts = new List<(Receipt, byte[])>();
        await using (var started = await StartAsync())
        {
            await using var depot = await DepotAsync(started);
            var small = A.Mail().Subject("one").Bytes();
            byte[] large = [.. A.Mail().Subject("two").Bytes(), .. RandomNumberGenerator.GetBytes(100_000)];
            foreach (var mail in new[] { small, large })
            {
                receipts.Add((await depot.KeepAsync(mail), mail));
            }
        }

        await (await StartAsync()).DisposeAsync(); // so that Azurite removes what nothing refers to
        return receipts;
    }

    private async Task<Ticket> LeaveWaitingAsync(byte[] mail)
    {
        await using var started = await StartAsync();
        await using var depot = await DepotAsync(started);
        return await depot.ReceiveAsync(mail);
    }

    private static async Task HoldsAsync(TestDepot depot, List<(Receipt Receipt, byte[] Mail)> receipts)
    {
        foreach (var (receipt, mail) in receipts)
        {
            Assert.Equal(mail, await depot.RawAsync((await depot.Reader.FindAsync(receipt.Id, Token))!));
        }

        Assert.Equal(receipts.Count, (await depot.Get<IndexReader>().ListAsync(null, 100, null, Token)).Mails.Count);
    }
}
