using MailDepot.Host.Demo;
using MailDepot.Host.Terminal;
using MailDepot.Index;
using MailDepot.Views;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Up;

/// <summary>What the demo prints at its end.</summary>
internal static class DemoPicture
{
    private const int NewestShown = 6;

    /// <summary>What there is now, and what to try next.</summary>
    public static async Task ShowAsync(IServiceProvider depot, UpScreen screen, UpSettings settings, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return;
        }

        var status = await depot.GetRequiredService<StatusView>().ReadAsync(ct);
        var page = await depot.GetRequiredService<IndexReader>().ListAsync(null, NewestShown, null, ct);
        var port = depot.GetRequiredService<IOptions<DepotOptions>>().Value.Smtp.Port;
        screen.Show(() =>
        {
            Console.WriteLine();
            StatusText.Print(status, depot.GetRequiredService<TimeProvider>().GetUtcNow());
            Console.WriteLine();
            Console.WriteLine("Newest mails");
            MailTable.Print(page with { Next = null }, roles: false);
            if (!settings.Exit && page.Mails.Count > 0)
            {
                PrintNextSteps(CommandHints.Call(settings), page.Mails[0].Id, port);
            }
        });
    }

    private static void PrintNextSteps(string call, Guid newest, int port)
    {
        Console.WriteLine();
        Console.WriteLine("Try next, in another terminal:");
        Console.WriteLine($"  {call} status");
        Console.WriteLine($"  {call} list --participant {Samples.WellKnown}");
        Console.WriteLine($"  {call} show {newest:D}");
        Console.WriteLine($"  {call} get {newest:D} --output mail.eml");
        Console.WriteLine($"  {call} receipt raw {newest:D} --output received.eml");
        Console.WriteLine($"  swaks --server 127.0.0.1:{port} --from you@example.com --to archive@example.com");
        Console.WriteLine();
        Console.WriteLine("Ctrl-C stops the depot; its data stays, and the next `up` continues with it.");
    }
}
