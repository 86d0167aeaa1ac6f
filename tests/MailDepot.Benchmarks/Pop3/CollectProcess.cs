using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot.Benchmarks.Pop3;

/// <summary>
/// The benchmark's own second process: a visit to the mailbox <see cref="Warming"/>, then one to <see cref="Measured"/>, as
/// the environment declares them. For the second visit it prints the seconds, the mails, the seconds of processor time and
/// the process's peak memory in bytes.
/// </summary>
internal static class CollectProcess
{
    public const string Name = "pop3-collect";

    /// <summary>
    /// The mailbox that is visited first, unmeasured: the product collects in a long-running process, with its code compiled.
    /// </summary>
    public const string Warming = "warm";

    /// <summary>The mailbox that counts.</summary>
    public const string Measured = "bench";

    public static Command Make()
    {
        var nothing = new Option<bool>("--null") { Description = "Store nothing: the client alone." };
        var command = new Command(Name, "For `pop3`: one visit to a mailbox.") { nothing };
        command.Hidden = true;
        command.SetAction(async (parsed, ct) =>
        {
            var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
            await using var services = new ServiceCollection()
                .AddLogging()
                .AddReaders(configuration)
                .AddConnectors()
                .AddArchiver()
                .BuildServiceProvider();
            Func<string, Task<int>> visit = parsed.GetValue(nothing)
                ? mailbox => ReadAsync(services, mailbox, ct)
                : mailbox => CollectAsync(services, mailbox, ct);
            await visit(Warming);
            using var self = Process.GetCurrentProcess();
            var (started, worked) = (Stopwatch.GetTimestamp(), self.TotalProcessorTime);
            var mails = await visit(Measured);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            self.Refresh();
            var work = self.TotalProcessorTime - worked;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{seconds} {mails} {work.TotalSeconds} {self.PeakWorkingSet64}"));
            return 0;
        });
        return command;
    }

    /// <summary>The visit as the product makes it: lease, rows, durable mails, several sessions.</summary>
    private static async Task<int> CollectAsync(IServiceProvider services, string name, CancellationToken ct)
    {
        await services.GetRequiredService<DepotStorage>().CreateAsync(["default"], ct);
        var visit = await services.GetRequiredService<Pop3Collector>().CollectAsync(name, now: true, ct);
        return visit is { Failed: false }
            ? visit.Collected
            : throw new BrokenRunException(visit?.Result ?? $"Another process is collecting {name}.");
    }

    /// <summary>The client alone, in one session: every mail is read to its end and hashed, then deleted.</summary>
    private static async Task<int> ReadAsync(IServiceProvider services, string name, CancellationToken ct)
    {
        var mailbox = services.GetRequiredService<Pop3Options>().Mailbox(name)!;
        var access = new Pop3Access(
            mailbox,
            await services.GetRequiredService<MailboxPasswords>().OfAsync(mailbox, ct),
            services.GetRequiredService<Pop3Tokens>(),
            TimeSpan.FromSeconds(60),
            TimeProvider.System,
            _ => { });
        using var slots = new SpoolSlots();
        var context = new VisitContext(
            mailbox,
            HashAsync,
            slots,
            new KnownMails(),
            (_, _, _) => Task.CompletedTask,
            services.GetRequiredService<DepotEvents>(),
            new VisitTally(),
            TimeProvider.System);
        await using var session = await Pop3Session.OpenAsync(access, ct);
        var transfer = new MailTransfer(context, session, oneByOne: false);
        await transfer.RunAsync(await session.ListAsync(), () => false, ct);
        var refused = await session.DeleteAsync([.. transfer.Written], oneByOne: false);
        return await session.QuitAsync() is { Ok: true }
            ? transfer.Written.Count - refused.Count
            : throw new BrokenRunException("The server did not confirm QUIT.");
    }

    private static async Task<AcceptedMail> HashAsync(Pop3Source source, Stream mail, CancellationToken ct) =>
        new(Guid.Empty, Digest.FromHash(await System.Security.Cryptography.SHA256.HashDataAsync(mail, ct)));
}
