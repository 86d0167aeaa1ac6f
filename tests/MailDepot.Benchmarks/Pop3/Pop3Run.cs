using System.Diagnostics;
using System.Globalization;
using System.Text;
using Azure.Storage.Queues;
using MailDepot.Host.Local;
using MailDepot.Host.Up;

namespace MailDepot.Benchmarks.Pop3;

/// <summary>Runs every client once in each round, on a freshly filled mailbox. The peers write to a file or to a maildir.</summary>
internal sealed class Pop3Run(AzuriteProgram azurite, Pop3Plan plan, Action<string> say)
{
    /// <summary>Starts and stops the server; relative to the repository's top folder.</summary>
    public const string DovecotScript = "tests/dovecot.sh";

    private const string Password = "secret", RawPuts = "raw queue puts";
    private const int Megabyte = 1_000_000;

    /// <summary>Of a maildir.</summary>
    private static readonly string[] Parts = ["new", "cur", "tmp"];

    /// <summary>Raw puts at once: as many as a visit has small mails on their way into the spool.</summary>
    private const int PutsAtOnce = 32;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    private readonly int mails = plan.Mails, bytes = plan.Kilobytes * 1_000;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("maildepot-pop3-");
    private int port;
    private int files;

    public async Task<IReadOnlyList<Pop3Figure>> MeasureAsync(CancellationToken ct)
    {
        port = LocalPort.Choose(0);
        var dovecot = folder.FullName; // its user must be able to enter it
        var (measured, warming) = ($"{CollectProcess.Measured}:{Password}", $"{CollectProcess.Warming}:{Password}");
        await ShellAsync($"bash {DovecotScript} start {dovecot} {port} {measured} {warming}", ct);
        try
        {
            var figures = await RoundsAsync(ct);
            if (plan.LargeMegabytes > 0)
            {
                Fill(CollectProcess.Measured, 2, plan.LargeMegabytes * Megabyte);
                var (seconds, peak) = await DurableAsync(ct);
                figures.Add(new($"MailDepot, durable spool, mails of {plan.LargeMegabytes} MB", 2, [2 / seconds], peak));
            }

            return figures;
        }
        finally
        {
            await ShellAsync($"bash {DovecotScript} stop {dovecot}", CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    private async Task<List<Pop3Figure>> RoundsAsync(CancellationToken ct)
    {
        var clients = new (string Name, Func<CancellationToken, Task<(double Seconds, long Peak)>> Run)[]
        {
            ("fetchmail", FetchmailAsync),
            ("mpop", MpopAsync),
            ("MailDepot, client alone", token => OwnAsync(storage: null, token)),
            ("MailDepot, durable spool", DurableAsync),
            (RawPuts, RawPutsAsync),
        };
        var measured = clients.ToDictionary(client => client.Name, _ => (Rates: new List<double>(), Peak: 0L), StringComparer.Ordinal);
        for (var round = -plan.WarmUpRounds; round < plan.Rounds; round++)
        {
            var title = round < 0 ? "warm-up" : $"round {round + 1}";
            foreach (var (name, run) in clients)
            {
                Fill(CollectProcess.Measured, name == RawPuts ? 0 : mails, bytes);
                var (seconds, peak) = await run(ct);
                if (Count() != 0)
                {
                    throw new BrokenRunException($"{name} left {Count()} mails in the mailbox.");
                }

                say(FormattableString.Invariant($"{title}: {name}: {mails / seconds:0} mails/s, {peak / Megabyte} MB"));
                if (round >= 0)
                {
                    measured[name].Rates.Add(mails / seconds);
                    measured[name] = (measured[name].Rates, Math.Max(peak, measured[name].Peak));
                }
            }
        }

        return [.. measured.Select(client => new Pop3Figure(client.Key, mails, client.Value.Rates, client.Value.Peak))];
    }

    private string Folder(string mailbox, string part) => Path.Combine(folder.FullName, "mail", mailbox, part);

    private int Count() => Parts.Sum(part => Directory.EnumerateFiles(Folder(CollectProcess.Measured, part)).Count());

    /// <summary>Fills it with different mails that do not compress. File names are never reused: Dovecot remembers them.</summary>
    private void Fill(string mailbox, int count, int size)
    {
        var noise = new byte[Math.Min(size, Megabyte) * 3 / 4];
        for (var number = 0; number < count; number++)
        {
            new Random(number).NextBytes(noise);
            var text = Encoding.ASCII.GetBytes(Convert.ToBase64String(noise, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
            var file = FormattableString.Invariant($"{1_800_000_000 + files++}.M1P1.bench");
            using var mail = File.Create(Path.Combine(Folder(mailbox, "new"), file));
            mail.Write(Encoding.ASCII.GetBytes(
                $"From: a@example.com\r\nTo: b@example.com\r\nSubject: {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\n"));
            for (var written = 0; written < size; written += Megabyte)
            {
                mail.Write(text.AsSpan(0, Math.Min(text.Length, size)));
            }
        }
    }

    private async Task<(double Seconds, long Peak)> FetchmailAsync(CancellationToken ct)
    {
        var settings = Path.Combine(folder.FullName, "fetchmailrc");
        await File.WriteAllTextAsync(
            settings,
            $"poll 127.0.0.1 protocol POP3 port {port} user {CollectProcess.Measured} password {Password} "
            + $"fetchall no keep sslproto \"\" bsmtp {folder.FullName}/bsmtp\n",
            ct);
        await ShellAsync($"chmod 600 {settings}", ct);
        File.Delete(Path.Combine(folder.FullName, "bsmtp"));
        return await PeerAsync("fetchmail", $"-s -f {settings} -i {folder.FullName}/fetchids --pidfile {folder.FullName}/pid", ct);
    }

    private async Task<(double Seconds, long Peak)> MpopAsync(CancellationToken ct)
    {
        var settings = Path.Combine(folder.FullName, "mpoprc");
        var maildir = Path.Combine(folder.FullName, "maildir");
        if (Directory.Exists(maildir))
        {
            Directory.Delete(maildir, recursive: true);
        }

        foreach (var part in Parts)
        {
            Directory.CreateDirectory(Path.Combine(maildir, part));
        }

        File.Delete(Path.Combine(folder.FullName, "uidls"));
        await File.WriteAllTextAsync(
            settings,
            $"account default\nhost 127.0.0.1\nport {port}\ntls off\n"
            + $"auth user\nuser {CollectProcess.Measured}\npassword {Password}\n"
            + $"keep off\nuidls_file {folder.FullName}/uidls\ndelivery maildir {maildir}\n",
            ct);
        await ShellAsync($"chmod 600 {settings}", ct);
        return await PeerAsync("mpop", $"-q -Q -C {settings}", ct);
    }

    /// <summary>A peer's time is that of its process, start included: some milliseconds.</summary>
    private static async Task<(double Seconds, long Peak)> PeerAsync(string program, string arguments, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        using var peer = Process.Start(new ProcessStartInfo(Peers.Find(program), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = Task.WhenAll(peer.StandardOutput.ReadToEndAsync(ct), peer.StandardError.ReadToEndAsync(ct));
        var ended = peer.WaitForExitAsync(ct);
        var peak = 0L;
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, PeakBytes(peer));
            await Task.WhenAny(ended, Task.Delay(LookEvery, TimeProvider.System, ct));
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return peer.ExitCode == 0
            ? (seconds, peak)
            : throw new BrokenRunException($"{program} ended with {peer.ExitCode}: {string.Join(' ', await output)}");
    }

    /// <summary>0 if the process ends meanwhile.</summary>
    private static long PeakBytes(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }

    private async Task<(double Seconds, long Peak)> DurableAsync(CancellationToken ct)
    {
        await using var storage = await FreshAzurite.StartAsync(azurite, TimeProvider.System, ct);
        return await OwnAsync(storage.ConnectionString(AzuriteAccount.Development.Name), ct);
    }

    /// <summary>The upper limit for a durable spool on this storage: as many queue messages of a mail's size.</summary>
    private async Task<(double Seconds, long Peak)> RawPutsAsync(CancellationToken ct)
    {
        await using var storage = await FreshAzurite.StartAsync(azurite, TimeProvider.System, ct);
        var queue = new QueueClient(storage.ConnectionString(AzuriteAccount.Development.Name), "puts");
        await queue.CreateIfNotExistsAsync(cancellationToken: ct);
        var message = Convert.ToBase64String(new byte[bytes]);
        await PutAsync(plan.WarmingMails);
        var started = Stopwatch.GetTimestamp();
        await PutAsync(mails);
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, 0);

        Task PutAsync(int count) => Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = PutsAtOnce, CancellationToken = ct },
            async (_, token) => await queue.SendMessageAsync(message, cancellationToken: token));
    }

    /// <summary>Our time is that of a visit in a process that has collected before, as the product's long-running process has.</summary>
    private async Task<(double Seconds, long Peak)> OwnAsync(string? storage, CancellationToken ct)
    {
        var waiting = Count();
        Fill(CollectProcess.Warming, plan.WarmingMails, bytes);
        var arguments = storage is null ? $"{CollectProcess.Name} --null" : CollectProcess.Name;
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_TieredPGO"] = "0"; // as in the Functions app, which collects on Azure
        start.Environment["MailDepot__WorkStorage"] = storage ?? "UseDevelopmentStorage=true";
        foreach (var (number, mailbox) in new[] { CollectProcess.Warming, CollectProcess.Measured }.Index())
        {
            foreach (var (key, value) in new[]
            {
                ("Name", mailbox),
                ("Host", "127.0.0.1"),
                ("Port", $"{port}"),
                ("Security", "none"),
                ("User", mailbox),
                ("PasswordSetting", "Passwords:bench"),
            })
            {
                start.Environment[$"MailDepot__Mailboxes__{number}__{key}"] = value;
            }
        }

        start.Environment["Passwords__bench"] = Password;
        using var own = Process.Start(start)!;
        var figures = (await own.StandardOutput.ReadToEndAsync(ct)).Split(' ', StringSplitOptions.TrimEntries);
        await own.WaitForExitAsync(ct);
        if (own.ExitCode != 0 || figures is not [var seconds, var collected, var worked, var peak])
        {
            throw new BrokenRunException($"{CollectProcess.Name} ended with {own.ExitCode}.");
        }

        if (Number(collected) != waiting)
        {
            throw new BrokenRunException($"{CollectProcess.Name} collected {collected} of {waiting} mails.");
        }

        say(FormattableString.Invariant($"{Number(worked) * 1_000 / Number(collected):0.00} ms of processor time per mail"));
        return (Number(seconds), (long)Number(peak));

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    private async Task ShellAsync(string command, CancellationToken ct)
    {
        using var shell = Process.Start("bash", ["-c", command + " >/dev/null 2>&1 </dev/null"]);
        await shell.WaitForExitAsync(ct);
        if (shell.ExitCode != 0)
        {
            throw new BrokenRunException(
                $"`{command}` ended with {shell.ExitCode}: it needs dovecot-pop3d; see {folder.FullName}/dovecot.log.");
        }
    }
}
