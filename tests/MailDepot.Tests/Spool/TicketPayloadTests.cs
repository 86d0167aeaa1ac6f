using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Tests.Spool;

public sealed class TicketPayloadTests(AzuriteFixture azurite)
{
    /// <summary>Sizes of a mail that does not fit a message, and of one larger than the first request reads.</summary>
    private const int Spooled = 100_000;
    private const int Larger = 400_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Spooled, 1)]
    [InlineData(Larger, 2)]
    public async Task A_mail_in_the_spool_is_read_with_its_ticket_in_one_request_unless_it_is_larger(int size, int gets)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mail = Noise(size);
        var ticket = await depot.ReceiveAsync(mail);

        var payload = await TicketPayload.ReadAsync(ticket.ToPointer(), depot.Storage, Token);
        Assert.Equal(ticket.Id, payload.Ticket.Id);
        Assert.Equal(mail, await BytesAsync(payload));
        Assert.Equal(mail, await BytesAsync(payload));
        Assert.Equal(gets, depot.Get<RequestCounter>().Requests["blob get"]);
    }

    [Fact]
    public async Task A_header_line_longer_than_the_first_request_is_read_with_a_second()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var recipients = Enumerable.Range(0, 1_500).Select(n => $"{new string('r', 200)}{n}@example.com");
        var mail = Noise(Spooled);
        var ticket = await depot.Get<MailSpool>().AcceptAsync(TestDepot.To([.. recipients]), new MemoryStream(mail), Token);

        var payload = await TicketPayload.ReadAsync(ticket.ToPointer(), depot.Storage, Token);
        Assert.Equal(ticket.Line(), payload.Ticket.Line());
        Assert.Equal(mail, await BytesAsync(payload));
    }

    private static async Task<byte[]> BytesAsync(TicketPayload payload)
    {
        await using var mail = await payload.OpenAsync(Token);
        using var bytes = new MemoryStream();
        await mail.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }

    private static byte[] Noise(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
