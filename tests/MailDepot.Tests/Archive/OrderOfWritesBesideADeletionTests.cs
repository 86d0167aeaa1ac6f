using MailDepot.Archive;
using MailDepot.Index;
using MailDepot.Spool;
using MailDepot.Tests.Index;

namespace MailDepot.Tests.Archive;

/// <summary>
/// The order of writes also holds when a person deletes a ticket from quarantine while a worker that was frozen for a day is
/// still processing it: the mail has its receipt, or its next delivery gets one, and nothing waits forever.
/// </summary>
public sealed class OrderOfWritesBesideADeletionTests(AzuriteFixture azurite)
{
    /// <summary>More attempts than any of these deliveries needs: one is enough when nothing else is running.</summary>
    private const int MaxAttempts = 3;

    private static readonly byte[] Mail = A.Mail().Bytes();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="isLater">The document already exists, so the worker claims a row of <c>Deliveries</c>.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_ticket_may_be_deleted_before_any_write_of_a_worker_that_dies_after_any_other(bool isLater)
    {
        var calls = await CallsOfWorkerAsync(isLater);
        var taken = 0;
        var cases =
            from deleted in Enumerable.Range(1, calls)
            from dies in Enumerable.Range(deleted, calls - deleted + 1).Prepend(0)
            select (deleted, dies);
        await SideBySide.EachAsync(cases, async one =>
        {
            var when = $"deleted before call {one.deleted}, dead after call {one.dies}";
            await using var stage = await Stage.SetAsync(await azurite.NextAccountAsync(), isLater);
            stage.Interrupt.Reset(one.deleted, stage.DeleteAsync);
            await stage.WorkAsync(one.dies);
            if (await stage.EndsWellAsync(when) && Interlocked.Increment(ref taken) == 1)
            {
                await stage.IsRebuiltAsync();
            }
        });
        Assert.True(taken > 0, "No later delivery ever had to take the ticket's place.");
    }

    [Theory]
    [InlineData(false, 1)] // after the document
    [InlineData(true, 4)] // after the claim
    public async Task A_worker_may_write_and_die_before_any_call_of_a_deletion(bool isLater, int dies)
    {
        var taken = 0;
        await SideBySide.EachCallAsync(async call =>
        {
            await using var stage = await Stage.SetAsync(await azurite.NextAccountAsync(), isLater);
            var worked = false;
            stage.PersonInterrupt.Reset(call, async () =>
            {
                worked = true;
                await stage.WorkAsync(dies);
                await stage.OtherComesAsync();
            });
            await stage.DeleteAsync();
            if (await stage.EndsWellAsync($"worked before call {call} of the deletion"))
            {
                Interlocked.Increment(ref taken);
            }

            return worked;
        });
        Assert.True(taken > 0, "No later delivery ever had to take the ticket's place.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deletion_that_dies_halfway_is_repeated_or_the_ticket_is_released(bool isReleased)
    {
        var died = await SideBySide.EachCallAsync(async dies =>
        {
            await using var stage = await Stage.SetAsync(await azurite.NextAccountAsync(), isLater: false);
            stage.DeletionDies = dies;
            await stage.DeleteAsync();
            var isReached = stage.PersonFault.Calls >= dies;
            await stage.WorkAsync(dies: 1);
            await stage.EndsWellAsync($"the deletion died after call {dies}", isReleased);
            return isReached;
        });
        Assert.True(died >= 6, $"Only {died} calls of a deletion failed: it does too little.");
    }

    private async Task<int> CallsOfWorkerAsync(bool isLater)
    {
        await using var stage = await Stage.SetAsync(await azurite.NextAccountAsync(), isLater);
        var calls = await stage.WorkAsync(dies: 0);
        Assert.True(calls >= 6, $"A worker makes only {calls} calls to storage: it does too little.");
        return calls;
    }

    /// <summary>A ticket in quarantine, a worker that is processing it, and a person.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly string account;
        private readonly Ticket ticket = Tickets.For(Mail, 1);
        private bool otherIsDone;

        private Stage(string account) => this.account = account;

        public InterruptAt Interrupt { get; } = new();

        public InterruptAt PersonInterrupt { get; } = new();

        public FaultAt PersonFault { get; } = new() { AndAllLater = true };

        /// <summary>Number of the deletion's storage call after which the person's process dies; 0 for none.</summary>
        public int DeletionDies { get; set; }

        private FaultAt Fault { get; } = new() { AndAllLater = true };

        private TestDepot Worker { get; set; } = null!;

        private TestDepot Person { get; set; } = null!;

        public static async Task<Stage> SetAsync(string account, bool isLater)
        {
            var stage = new Stage(account);
            stage.Person = await TestDepot.CreateAsync(account, policy: stage.PersonFault, behind: stage.PersonInterrupt);
            stage.Worker = await TestDepot.CreateAsync(account, policy: stage.Fault, behind: stage.Interrupt);
            if (isLater)
            {
                await stage.Person.Archiver.ArchiveAsync(Message(9, "first@example.com"), Token);
            }

            await stage.Person.HoldAsync(stage.ticket, Mail);
            return stage;
        }

        /// <summary>The person deletes the ticket; the deletion may be refused, or die.</summary>
        public async Task DeleteAsync()
        {
            if (await Person.Get<QuarantinedTickets>().FindAsync($"{ticket.Id}", Token) is { } held)
            {
                PersonFault.Reset(DeletionDies, afterIt: true);
                await Record.ExceptionAsync(() => Person.Get<QuarantineDeletion>().DeleteAsync(held, "why", Token));
                PersonFault.Stop();
            }
        }

        /// <summary>The worker archives its ticket and dies after this call, or not at all for 0; returns the calls it made.</summary>
        public async Task<int> WorkAsync(int dies)
        {
            Fault.Reset(dies, afterIt: true);
            await Record.ExceptionAsync(() => Worker.Archiver.ArchiveAsync(Tickets.Inline(ticket, Mail), Token));
            Fault.Stop();
            return Fault.Calls;
        }

        /// <summary>Another delivery of the mail arrives during the deletion; it may have to wait.</summary>
        public async Task OtherComesAsync()
        {
            await using var another = await TestDepot.CreateAsync(account);
            var failure = await Record.ExceptionAsync(() => another.Archiver.ArchiveAsync(Message(3, "other@example.com"), Token));
            otherIsDone = failure is null;
            Assert.True(failure is null or NotYetException, failure?.Message);
        }

        /// <summary>The worker never returns. The result says whether a later delivery took the ticket's place.</summary>
        public async Task<bool> EndsWellAsync(string when, bool isReleased = false)
        {
            await EndQuarantineAsync(isReleased);
            var isNamed = await Person.Get<QuarantineDeletion>().NamedByAsync(ticket.Id, Token) is not null;
            await UntilDoneAsync(Message(2, TestDepot.Office), when); // the same delivery again
            if (!otherIsDone)
            {
                await UntilDoneAsync(Message(3, "other@example.com"), when); // and another of the same mail
            }

            var receipts = (await Person.LedgerAsync()).DistinctBy(receipt => receipt.Id).ToDictionary(receipt => receipt.Id);
            Assert.True(
                receipts.ContainsKey(Tickets.Id(1)) || receipts.ContainsKey(Tickets.Id(2)),
                $"{when}: the mail to the office has no receipt.");
            Assert.True(receipts.ContainsKey(Tickets.Id(3)), $"{when}: the other delivery has no receipt.");
            Assert.All(
                receipts.Values,
                receipt => Assert.True(
                    receipts.ContainsKey(receipt.DocumentFirst), $"{when}: receipt {receipt.Id} depends on one that will never exist."));
            Assert.NotEmpty((await Person.Get<IndexReader>().ListAsync(TestDepot.Container, 10, null, Token)).Mails);
            return isNamed && !receipts.ContainsKey(Tickets.Id(1));
        }

        /// <summary>A successor stays one after a rebuild from empty tables: a repeated delivery is folded into it.</summary>
        public async Task IsRebuiltAsync()
        {
            var before = (await Person.LedgerAsync()).Select(receipt => receipt.Id).ToHashSet();
            Assert.Empty(await IndexRepairTests.CheckAsync(Person));
            await IndexRepairTests.EmptyAsync(Person);
            await IndexRepairTests.RebuildAsync(Person);
            Assert.Empty(await IndexRepairTests.CheckAsync(Person));
            await UntilDoneAsync(Message(4, TestDepot.Office), "after the rebuild");
            Assert.Equal(before, (await Person.LedgerAsync()).Select(receipt => receipt.Id).ToHashSet());
        }

        public async ValueTask DisposeAsync()
        {
            await Worker.DisposeAsync();
            await Person.DisposeAsync();
        }

        private static byte[] Message(int number, string recipient) => Tickets.Inline(Tickets.For(Mail, number, recipient), Mail);

        /// <summary>If the deletion was refused or died, the person finishes it, or releases the ticket.</summary>
        private async Task EndQuarantineAsync(bool isReleased)
        {
            if (await Person.Get<QuarantinedTickets>().FindAsync($"{ticket.Id}", Token) is { } held
                && (isReleased || await Person.Get<QuarantineDeletion>().DeleteAsync(held, "again", Token) is not null))
            {
                await Person.Get<QuarantinedTickets>().ReleaseAsync(held, Token);
                await Person.ArchiveAllAsync();
            }
        }

        private async Task UntilDoneAsync(byte[] message, string when)
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await Person.Archiver.ArchiveAsync(message, Token);
                    return;
                }
                catch (NotYetException waiting) when (attempt == MaxAttempts)
                {
                    Assert.Fail($"{when}: {waiting.Message}");
                }
                catch (NotYetException)
                {
                    // the queue would deliver it again
                }
            }
        }
    }
}
