using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using CsCheck;
using MailDepot.Events;
using MailDepot.Spool;
using MailDepot.Storage;
using MailDepot.Views;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Spool;

public sealed class TicketBundleTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Any_bytes_come_out_of_a_bundle_as_they_went_in() =>
        Gen.Byte.Array[1, 300].List[2, TicketBundle.MaxTickets].Sample(tickets =>
            Assert.Equal(tickets, TicketBundle.Unpack(TicketBundle.Pack(tickets)).Select(ticket => ticket.ToArray())));

    [Theory]
    [InlineData("")]
    [InlineData("no ticket at all")]
    [InlineData("{\"v\":1,\"tickets\":[3]}\nabc")]
    [InlineData("{\"v\":2,\"tickets\":[3,3]}\nabc")]
    [InlineData("{\"v\":2,\"tickets\":[3,-1]}\nab")]
    [InlineData("{\"v\":2,\"tickets\":[2147483647,2147483647,5]}\nabc")]
    [InlineData("{\"v\":2,\"tickets\":[]}\n")]
    [InlineData("{\"v\":2}\nlater")]
    public void A_message_that_is_not_a_complete_bundle_is_returned_unchanged(string message) =>
        Assert.Equal(message, Encoding.UTF8.GetString(Assert.Single(TicketBundle.Unpack(Encoding.UTF8.GetBytes(message))).Span));

    [Fact]
    public void The_largest_bundle_fits_a_message_together_with_a_rescue_mark()
    {
        var tickets = Enumerable.Repeat(new byte[TicketBundle.CapacityBytes / TicketBundle.MaxTickets], TicketBundle.MaxTickets).ToList();
        Assert.InRange(
            TicketBundle.Pack(tickets).Length,
            TicketBundle.CapacityBytes / 2, StorageLimits.QueueMessageBytes - StorageLimits.RescueMarkRoom);
    }

    [Fact]
    public async Task Mails_that_arrive_while_others_are_being_sent_share_messages_and_all_are_archived()
    {
        var doors = new HeldPuts();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: doors);
        var mails = Enumerable.Range(0, 40).Select(number => A.Mail().Subject($"number {number}").Bytes()).ToList();
        var accepted = mails.Select(mail => depot.ReceiveAsync(mail)).ToList();
        doors.Open();
        var tickets = await Task.WhenAll(accepted);

        var messages = (await depot.QueueAsync()).Select(message => TicketBundle.Unpack(message.Body.ToMemory())).ToList();
        Assert.Equal([1, 7, 16, 16], messages.Select(message => message.Count).Order()); // the first alone, two full, then the rest
        Assert.Equal(
            tickets.Select(ticket => ticket.Id).Order(),
            messages.SelectMany(message => message).Select(ticket => Ticket.IdInMessage(ticket.Span)).Order());

        Assert.Equal(40, (await depot.Get<QueuesView>().TicketsAsync(Token)).Depth);

        await depot.ArchiveAllAsync();
        foreach (var (ticket, mail) in tickets.Zip(mails))
        {
            Assert.Equal(mail, await depot.RawAsync((await depot.Reader.FindAsync(ticket.Id, Token))!));
        }
    }

    [Fact]
    public async Task Mails_that_need_much_memory_to_read_share_a_message_only_up_to_one_mebibyte()
    {
        var doors = new HeldPuts();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: doors);
        var blank = A.Mail().Text(new string('a', 340_000)).Bytes();
        var accepted = Enumerable.Range(0, 12).Select(_ => depot.ReceiveAsync(blank)).ToList();
        doors.Open();
        await Task.WhenAll(accepted);
        Assert.Equal(
            [1, 2, 3, 3, 3], (await depot.QueueAsync()).Select(message => TicketBundle.Unpack(message.Body.ToMemory()).Count).Order());
    }

    [Fact]
    public async Task When_the_queue_fails_every_mail_of_the_bundle_is_refused()
    {
        var doors = new HeldPuts();
        var fault = new FaultAt { AndAllLater = true };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: doors, behind: fault);
        fault.Reset(1, afterIt: false);
        var refused = Enumerable.Range(0, 10).Select(number => depot.ReceiveAsync(A.Mail().Subject($"number {number}").Bytes())).ToList();
        doors.Open();
        foreach (var mail in refused)
        {
            await Assert.ThrowsAsync<Azure.RequestFailedException>(() => mail);
        }

        fault.Stop();
        Assert.Empty(await depot.QueueAsync());
    }

    [Fact]
    public async Task A_put_that_hangs_delays_the_mails_behind_it_for_seconds_only()
    {
        var (doors, clock) = (new HeldPuts(), new FakeTimeProvider(Tickets.Noon));
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, policy: doors);
        var first = depot.ReceiveAsync(A.Mail().Subject("first").Bytes());
        var behind = depot.ReceiveAsync(A.Mail().Subject("behind").Bytes());
        clock.Advance(TimeSpan.FromSeconds(20));
        var failure = await Assert.ThrowsAsync<Azure.RequestFailedException>(() => first);
        Assert.Equal("storage does not answer (the queue accepted no ticket within 20 s)", Failure.Describe(failure));
        doors.Open();
        await behind;
        Assert.Single(await depot.QueueAsync());
    }

    /// <summary>Holds back messages to a queue until opened.</summary>
    private sealed class HeldPuts : HttpPipelinePolicy
    {
        private readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => open.SetResult();

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            if (message.Request.Method == RequestMethod.Post && message.Request.Uri.Path.EndsWith("/messages", StringComparison.Ordinal))
            {
                await open.Task.WaitAsync(message.CancellationToken);
            }

            await ProcessNextAsync(message, pipeline);
        }
    }
}
