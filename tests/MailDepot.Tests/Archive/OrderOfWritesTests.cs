using MailDepot.Spool;

namespace MailDepot.Tests.Archive;

/// <summary>The order of writes survives a fault before and after every single storage call, and any two concurrent workers.</summary>
public sealed class OrderOfWritesTests(AzuriteFixture azurite)
{
    /// <summary>More attempts than any ticket needs: one after a fault, a few while it waits for another worker.</summary>
    private const int MaxAttempts = 100;

    private static readonly Lazy<IReadOnlyList<Scene>> Scenes = new(MakeScenes);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fault_at_any_call_changes_nothing_in_the_end(bool afterItWasDone)
    {
        var fault = new FaultAt();
        var undisturbed = await RunAsync(fault, 0, afterItWasDone);
        var calls = fault.Calls;
        Assert.True(calls > Scenes.Value.Count * 4, $"Only {calls} calls to storage: the scenes do too little.");
        await SideBySide.EachAsync(Enumerable.Range(1, calls), async call =>
            (await RunAsync(new FaultAt(), call, afterItWasDone)).AssertIs(undisturbed, $"call {call}"));
    }

    [Fact]
    public async Task A_ticket_processed_twice_at_the_same_time_is_archived_once()
    {
        var undisturbed = await RunAsync(new FaultAt(), 0, afterItWasDone: false);
        await using var depot = await StageAsync();
        foreach (var scene in Scenes.Value)
        {
            await Task.WhenAll(UntilDoneAsync(depot, scene.Message), UntilDoneAsync(depot, scene.Message));
        }

        (await Inventory.OfAllAsync(depot)).AssertIs(undisturbed, "every ticket twice at once");
    }

    [Fact]
    public async Task Any_two_simultaneous_deliveries_of_one_mail_end_as_one_document()
    {
        var mail = A.Mail().Bytes();
        byte[] Report(string id, string to) => A.JournalReport().Id(id).Sender("anna@example.com").To(to).Around(mail).Bytes();
        (byte[] Mail, string Recipient)[] deliveries =
        [
            (Report("1@journal", "ben@example.org"), TestDepot.Journal), (Report("2@journal", "carl@example.org"), TestDepot.Journal),
            (mail, "one@example.com"), (mail, "two@example.com"),
        ];
        for (var one = 0; one < deliveries.Length; one++)
        {
            for (var other = one; other < deliveries.Length; other++)
            {
                await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
                byte[] Message(int index, int number) =>
                    Tickets.Inline(Tickets.For(deliveries[index].Mail, number, deliveries[index].Recipient), deliveries[index].Mail);
                await Task.WhenAll(UntilDoneAsync(depot, Message(one, 1)), UntilDoneAsync(depot, Message(other, 2)));

                Assert.Single(await depot.DocumentNamesAsync());
                Assert.Equal(one == other ? 1 : 2, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
                Assert.Equal(one == other ? 1 : 2, (await depot.LedgerAsync()).Select(r => r.Id).Distinct().Count());
                Assert.Single(await depot.LedgerAsync(), r => r.First);
            }
        }
    }

    private async Task<Inventory> RunAsync(FaultAt fault, int call, bool afterItWasDone)
    {
        fault.Reset(0, afterItWasDone);
        await using var depot = await StageAsync(fault);
        fault.Reset(call, afterItWasDone);
        foreach (var scene in Scenes.Value)
        {
            await UntilDoneAsync(depot, scene.Message);
        }

        fault.Stop();
        foreach (var scene in Scenes.Value)
        {
            await depot.Archiver.ArchiveAsync(scene.Message, Token); // the queue's delete was lost, so the message is delivered again
        }

        return await Inventory.OfAllAsync(depot);
    }

    private static async Task UntilDoneAsync(TestDepot depot, byte[] message)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            try
            {
                await depot.Archiver.ArchiveAsync(message, Token);
                return;
            }
            catch (Exception e) when (e is Azure.RequestFailedException or NotYetException)
            {
                await Task.Yield(); // the queue would deliver it again
            }
        }

        Assert.Fail("A ticket never finishes.");
    }

    /// <summary>An empty depot with the large tickets in its spool.</summary>
    private async Task<TestDepot> StageAsync(FaultAt? fault = null)
    {
        var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        foreach (var scene in Scenes.Value.Where(scene => scene.Spooled is not null))
        {
            await depot.Storage.Spool.UploadBlobAsync(scene.Ticket.SpoolName, BinaryData.FromBytes(scene.Spooled!), Token);
        }

        return depot;
    }

    /// <summary>
    /// A mail, a large one, a report, its fork, the fork again, the report's mail on its own, a truncated report, corrupt tickets
    /// that must be quarantined, and a large mail delivered again.
    /// </summary>
    private static List<Scene> MakeScenes()
    {
        var mail = A.Mail().Bytes();
        var large = A.Mail().Attachment("a.bin", "application/octet-stream", Random(60_000)).Bytes();
        var report = A.JournalReport().Id("1@journal").Sender("anna@example.com").To("ben@example.org").Around(mail).Bytes();
        var fork = A.JournalReport().Id("2@journal").Sender("anna@example.com").Bcc("carl@example.org").Around(mail).Bytes();
        return
        [
            Inline(1, A.Mail().Subject("plain").Bytes(), TestDepot.Office),
            Spooled(2, large),
            Inline(3, report, TestDepot.Journal),
            Inline(4, fork, TestDepot.Journal),
            Inline(5, fork, TestDepot.Journal),
            Inline(6, mail, TestDepot.Office),
            Inline(7, report[..^80], TestDepot.Journal),
            Inline(8, mail, TestDepot.Office) with { Message = Tickets.Inline(Tickets.For(mail, 8), "altered"u8.ToArray()) },
            Spooled(9, large),
            Spooled(10, mail) with { Spooled = Tickets.Inline(Tickets.For(mail, 10), "altered"u8.ToArray()) },
        ];

        static Scene Inline(int number, byte[] mail, string recipient)
        {
            var ticket = Tickets.For(mail, number, recipient);
            return new Scene(ticket, Tickets.Inline(ticket, mail), null);
        }

        static Scene Spooled(int number, byte[] mail)
        {
            var ticket = Tickets.For(mail, number);
            return new Scene(ticket, ticket.ToPointer(), Tickets.Inline(ticket, mail));
        }
    }

    private static byte[] Random(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private sealed record Scene(Ticket Ticket, byte[] Message, byte[]? Spooled);
}
