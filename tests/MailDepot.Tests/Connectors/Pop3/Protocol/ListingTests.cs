using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Connectors.Pop3.Protocol;

/// <summary>Servers that try to fill our memory.</summary>
public sealed class ListingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CAPA", "X", 8_000, 50_000_000)]
    [InlineData("LIST", "1 ", 0, 100_000_000)]
    [InlineData("UIDL", "1 ", 490, 200_000_000)]
    public async Task A_listing_that_does_not_end_is_given_up_before_it_is_large(string command, string line, int more, long mostBytes)
    {
        await using var server = new ScriptedServer { Mails = { ("a", A.Mail().Bytes()) }, Instead = { [command] = "+OK" } };
        line += new string('1', more + 1);
        server.OverAndOver[command] = string.Join("\r\n", Enumerable.Repeat(line, 1 + (100_000 / line.Length)));
        Assert.Contains("a listing that does not end", (await ViolationAsync(server)).Message, StringComparison.Ordinal);
        Assert.InRange(server.Repeated, 1, mostBytes); // some of it is in the connection's buffers
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(501, true)]
    public async Task A_UIDL_that_is_too_long_is_refused(int length, bool refused)
    {
        await using var server = new ScriptedServer { Mails = { (new string('u', length), A.Mail().Bytes()) } };
        if (refused)
        {
            Assert.Contains("a UIDL of 501 bytes", (await ViolationAsync(server)).Message, StringComparison.Ordinal);
        }
        else
        {
            await using var session = await Pop3Session.OpenAsync(server.Access(), Token);
            Assert.Equal(length, Assert.Single(await session.ListAsync()).Uidl.Length);
        }
    }

    [Theory]
    [InlineData(20_000)]
    [InlineData(100_000)]
    public async Task A_line_of_more_than_16_KiB_is_refused_even_if_it_ends(int length)
    {
        await using var server = new ScriptedServer
        {
            Mails = { ("a", A.Mail().Bytes()) },
            Instead = { ["LIST"] = $"+OK\r\n1 1{new string(' ', length)}\r\n." },
        };
        Assert.Contains("a line of more than 16384 bytes", (await ViolationAsync(server)).Message, StringComparison.Ordinal);
    }

    private static Task<Pop3ProtocolException> ViolationAsync(ScriptedServer server) =>
        Assert.ThrowsAsync<Pop3ProtocolException>(async () =>
    {
        await using var session = await Pop3Session.OpenAsync(server.Access(), Token);
        await session.ListAsync();
    });
}
