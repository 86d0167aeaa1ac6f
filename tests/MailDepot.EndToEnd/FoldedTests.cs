using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

/// <summary>The id in a 250 reply works with every verb, even if the mail had been delivered before.</summary>
public sealed class FoldedTests
{
    private static readonly byte[] Mail = "From: anna@example.com\r\nSubject: Sent twice\r\n\r\ntext\r\n"u8.ToArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_id_of_a_folded_delivery_shows_the_receipt_and_returns_its_mail()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        var first = await SendAsync(depot);
        await depot.UntilArchivedAsync(1);
        var again = await SendAsync(depot);
        await Eventually.IsTrueAsync(async () => (await depot.AskAsync("show", again)).Code == 0, "the second delivery is folded");

        var shown = await depot.AskAsync("show", again);
        Assert.Contains($"{first} in default", shown.Text, StringComparison.Ordinal);
        Assert.Equal(
            $"maildepot: {again} was the same delivery as receipt {first} and was folded into it: this is receipt {first}.\n",
            shown.Errors);
        var json = await depot.AskJsonAsync("show", again);
        Assert.Equal((first, again), (json.GetProperty("id").GetString(), json.GetProperty("foldedTicket").GetString()));
        Assert.False((await depot.AskJsonAsync("show", first)).TryGetProperty("foldedTicket", out _));
        foreach (var verb in new string[][] { ["get"], ["receipt", "raw"] })
        {
            var got = await depot.AskAsync([.. verb, again]);
            Assert.Equal((0, shown.Errors), (got.Code, got.Errors));
            Assert.Equal(Mail, got.Output);
        }

        var file = await depot.AskJsonAsync("get", again, "--output", "again.eml");
        Assert.Equal((first, again), (file.GetProperty("id").GetString(), file.GetProperty("foldedTicket").GetString()));
    }

    /// <summary>Returns the id from the 250 reply.</summary>
    private static async Task<string> SendAsync(RunningDepot depot)
    {
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", depot.SmtpPort, Token);
        return (await client.SendAsync("anna@example.com", ["ben@example.org"], Mail, Token)).Split(' ')[^1].Trim();
    }
}
