using System.Diagnostics;
using System.Globalization;
using System.Text;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;
using MailDepot.Host.Up;

namespace MailDepot.EndToEnd;

/// <summary>A Postfix with its own queue in front of the depot, as at a site that relays its mail.</summary>
public sealed class RelayTests : IAsyncLifetime
{
    private const int Mails = 50;

    /// <summary>How many are sent before storage stops; the rest follow while it is down.</summary>
    private const int MailsBefore = 20;

    private readonly TemporaryFolder folder = new();
    private readonly string postfix = Directory.CreateTempSubdirectory("maildepot-postfix-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_storage_stops_and_starts_Postfix_keeps_the_mail_and_nothing_is_lost_or_archived_twice()
    {
        var environment = await RunningDepot.UsualEnvironmentAsync();
        var program = await RunningDepot.AzuriteAsync();
        var setup = new AzuriteSetup { Folder = new LocalFolder(Path.Combine(folder.Path, "storage")), Ports = AzuritePorts.Any };
        using var held = setup.Folder.Hold();
        await using var azurite = await AzuriteProcess.StartOrAdoptAsync(program, setup, TimeProvider.System, Token);
        environment["MailDepot__WorkStorage"] = azurite.ConnectionString(AzuriteAccount.Development.Name);
        await using var depot = await RunningDepot.StartAsync(folder.Path, environment);
        var relay = LocalPort.Choose(0);
        await PostfixAsync("start", $"{relay}", $"{depot.SmtpPort}");

        var mails = Enumerable.Range(0, Mails).Select(number => SmtpLoad.Mail("relayed", number, 2_000)).ToList();
        await using var sender = await SmtpClient.ConnectAsync("127.0.0.1", relay, Token);
        foreach (var mail in mails[..MailsBefore])
        {
            await sender.SendAsync("a@example.com", ["b@example.com"], mail, Token);
        }

        await azurite.StopAsync(Token); // while Postfix relays
        foreach (var mail in mails[MailsBefore..])
        {
            await sender.SendAsync("a@example.com", ["b@example.com"], mail, Token);
        }

        const string deferred = "status=deferred (host 127.0.0.1[127.0.0.1] said: 451 4.3.0";
        await Eventually.IsTrueAsync(
            async () => (await LogAsync()).Contains(deferred, StringComparison.Ordinal), "Postfix has received a 451");
        setup = setup with { Ports = azurite.Ports };
        await using var back = await AzuriteProcess.StartOrAdoptAsync(program, setup, TimeProvider.System, Token);
        await Eventually.IsTrueAsync(
            async () => int.Parse(await PostfixAsync("queued"), CultureInfo.InvariantCulture) == 0, "the queue of Postfix is empty");
        await using var archived = new Archived(environment["MailDepot__WorkStorage"]!);
        await Eventually.IsTrueAsync(async () => (await archived.ReceiptsAsync()).Count >= Mails, "all are archived");
        await archived.UntilQueueIsEmptyAsync();
        var ids = (await archived.ReceiptsAsync()).Select(receipt => receipt.Id).ToList();
        Assert.Equal(Mails, ids.Count);
        var left = mails.ToList();
        foreach (var id in ids)
        {
            // Postfix puts its Received line before the mail and changes nothing else.
            var raw = await archived.RawAsync(id);
            Assert.StartsWith("Received: ", Encoding.ASCII.GetString(raw), StringComparison.Ordinal);
            Assert.Equal(1, left.RemoveAll(mail => raw.AsSpan().EndsWith(mail)));
        }

        Assert.Empty(left);
        Assert.DoesNotContain("status=bounced", await LogAsync(), StringComparison.Ordinal);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await PostfixAsync("stop");
        Directory.Delete(postfix, recursive: true);
        folder.Dispose();
    }

    private Task<string> LogAsync() => File.ReadAllTextAsync(Path.Combine(postfix, "log"), Token);

    /// <summary>Its output goes to a file: Postfix lives on and would hold a pipe open.</summary>
    private async Task<string> PostfixAsync(string command, params string[] arguments)
    {
        var said = Path.Combine(postfix, "said");
        string[] call = [Clone.Path("tests/postfix.sh"), command, postfix, .. arguments];
        using var script = Process.Start("bash", ["-c", "exec bash \"$@\" >\"$0\" 2>&1 </dev/null", said, .. call]);
        await script.WaitForExitAsync(CancellationToken.None);
        var text = await File.ReadAllTextAsync(said, CancellationToken.None);
        Assert.True(script.ExitCode == 0, $"Postfix: {text}");
        return text;
    }
}
