using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using MailDepot.Host.Local;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Host.Local;

public sealed class AzuriteProcessTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AzuriteSetup OnDisk => new() { Folder = temporary.Local, Ports = AzuritePorts.Any };

    [Fact]
    public async Task Taken_ports_are_replaced_by_free_ones()
    {
        using var blob = Listener();
        using var table = Listener();
        var setup = new AzuriteSetup { Ports = new AzuritePorts(Port(blob), 0, Port(table)) };

        await using var started = await StartAsync(setup);

        Assert.NotEqual(Port(blob), started.Ports.Blob);
        Assert.NotEqual(Port(table), started.Ports.Table);
        await WriteAsync(started, "ports");
        Assert.True(await HoldsAsync(started, "ports"));
    }

    [Fact]
    public async Task A_wanted_port_is_used_if_it_is_free()
    {
        int wanted;
        using (var probe = Listener())
        {
            wanted = Port(probe);
        }

        await using var started = await StartAsync(new AzuriteSetup { Ports = new AzuritePorts(0, wanted, 0) });

        Assert.Equal(wanted, started.Ports.Queue);
    }

    [Fact]
    public async Task A_port_lost_between_check_and_bind_is_replaced()
    {
        var late = temporary.Program(
            "azurite",
            $"""
            case "$*" in *"--queuePort 23456"*)
              echo "Exit due to unhandled error: listen EADDRINUSE: address already in use 127.0.0.1:23456" >&2
              exit 1;;
            esac
            exec {await CommandAsync()} "$@"
            """);

        await using var started = await AzuriteProcess.StartOrAdoptAsync(
            new AzuriteProgram(late, []), new AzuriteSetup { Ports = new AzuritePorts(0, 23456, 0) }, TimeProvider.System, Token);

        Assert.NotEqual(23456, started.Ports.Queue);
        Assert.NotEqual(0, started.Ports.Queue);
    }

    [Fact]
    public async Task What_is_stored_survives_stop_and_start()
    {
        await using (var first = await StartAsync(OnDisk))
        {
            await WriteAsync(first, "kept");
            await first.StopAsync(Token);
            Assert.False(File.Exists(temporary.Local.AzuriteRecord));
        }

        await using var second = await StartAsync(OnDisk);

        Assert.False(second.Adopted);
        Assert.True(await HoldsAsync(second, "kept"));
    }

    [Fact]
    public async Task One_that_still_serves_the_folder_is_adopted_and_stopped()
    {
        var left = await StartAsync(OnDisk);
        await WriteAsync(left, "left");

        await using var adopted = await StartAsync(OnDisk);

        Assert.True(adopted.Adopted);
        Assert.Equal((left.Id, left.Ports), (adopted.Id, adopted.Ports));
        Assert.True(await HoldsAsync(adopted, "left"));
        await adopted.StopAsync(Token);
        await left.EndedAsync(Token);
    }

    [Fact]
    public async Task One_whose_output_nobody_reads_any_more_still_saves_its_data_when_it_ends()
    {
        // As after its starter was killed: the reader is gone once Azurite is ready.
        var unread = temporary.Program(
            "azurite",
            $"""
            mkfifo {temporary.In("pipe")}
            sed -u '/Table service is successfully/q' < {temporary.In("pipe")} &
            exec {await CommandAsync()} "$@" > {temporary.In("pipe")} 2> {temporary.In("errors")}
            """);
        await using (var left = await AzuriteProcess.StartOrAdoptAsync(new AzuriteProgram(unread, []), OnDisk, TimeProvider.System, Token))
        {
            await WriteAsync(left, "saved");
        }

        Assert.Equal("", await File.ReadAllTextAsync(temporary.In("errors"), Token));
        await using var next = await StartAsync(OnDisk);
        Assert.True(await HoldsAsync(next, "saved"));
    }

    [Fact]
    public async Task One_that_is_still_saving_is_waited_for()
    {
        // It gets nothing from NODE_OPTIONS, so a second request would end it at once.
        var slow = await SlowToSaveAsync(options: "");
        await using var left = await AzuriteProcess.StartOrAdoptAsync(slow, OnDisk, TimeProvider.System, Token);
        await WriteAsync(left, "saved");

        var stopping = left.StopAsync(Token);
        await using var next = await StartAsync(OnDisk);

        await stopping;
        Assert.False(next.Adopted);
        Assert.True(await HoldsAsync(next, "saved"));
    }

    [Fact]
    public async Task Ctrl_C_and_a_closed_terminal_which_signal_all_programs_do_not_end_it()
    {
        await using var started = await StartAsync(OnDisk);

        await SignalAsync(started, "INT");
        await SignalAsync(started, "HUP");

        await WriteAsync(started, "after");
        Assert.True(await HoldsAsync(started, "after")); // by now it has got both signals
    }

    [Fact]
    public async Task One_that_a_service_manager_stops_too_saves_its_data()
    {
        var slow = await SlowToSaveAsync(options: "$NODE_OPTIONS");
        await using (var asked = await AzuriteProcess.StartOrAdoptAsync(slow, OnDisk, TimeProvider.System, Token))
        {
            await WriteAsync(asked, "saved");
            await SignalAsync(asked, "TERM");
            await Eventually.IsTrueAsync(
                async () => !await AzuriteLaunch.AnswersAsync(asked.Ports, TimeSpan.FromSeconds(1), TimeProvider.System, Token),
                "it has begun to end");
        }

        await using var next = await StartAsync(OnDisk);
        Assert.True(await HoldsAsync(next, "saved"));
    }

    [Fact]
    public async Task One_that_is_marked_as_ending_but_was_never_asked_to_end_is_adopted()
    {
        await using var left = await StartAsync(OnDisk);
        var record = await File.ReadAllTextAsync(temporary.Local.AzuriteRecord, Token);
        var marked = record.Replace("\"Ending\":false", "\"Ending\":true", StringComparison.Ordinal);
        await File.WriteAllTextAsync(temporary.Local.AzuriteRecord, marked, Token);
        var clock = new FakeTimeProvider();

        var waiting = AzuriteProcess.StartOrAdoptAsync(await azurite.ProgramAsync(), OnDisk, clock, Token);
        clock.Advance(TimeSpan.FromMinutes(1));
        await using var adopted = await waiting;

        Assert.Equal((left.Id, true), (adopted.Id, adopted.Adopted));
        Assert.Equal(record, await File.ReadAllTextAsync(temporary.Local.AzuriteRecord, Token));
    }

    [Fact]
    public async Task One_that_was_killed_is_replaced()
    {
        await using var killed = await StartAsync(OnDisk);
        using (var process = Process.GetProcessById(killed.Id))
        {
            process.Kill();
        }

        await killed.EndedAsync(Token);
        await using var next = await StartAsync(OnDisk);

        Assert.False(next.Adopted);
        await WriteAsync(next, "next");
    }

    [Fact]
    public async Task One_that_does_not_answer_is_ended_before_another_touches_the_data()
    {
        await using var deaf = await StartAsync(OnDisk);
        var record = await File.ReadAllTextAsync(temporary.Local.AzuriteRecord, Token);
        int nobody;
        using (var probe = Listener())
        {
            nobody = Port(probe);
        }

        var misled = record.Replace($"\"Blob\":{deaf.Ports.Blob}", $"\"Blob\":{nobody}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(temporary.Local.AzuriteRecord, misled, Token);

        await using var next = await StartAsync(OnDisk);

        Assert.False(next.Adopted);
        await deaf.EndedAsync(Token);
    }

    [Fact]
    public async Task One_that_ends_at_once_is_reported_with_its_last_output()
    {
        var broken = new AzuriteProgram(temporary.Program("azurite", "echo 'Exit due to unhandled error: no luck today' >&2; exit 1"), []);

        var refused = await Assert.ThrowsAsync<StartException>(
            () => AzuriteProcess.StartOrAdoptAsync(broken, OnDisk, TimeProvider.System, Token));

        Assert.Equal(
            "The local storage, Azurite, ended before it was ready (Exit due to unhandled error: no luck today): fix that, or name "
            + "another Azurite in the configuration key MailDepot:Azurite.",
            refused.Message);
        Assert.False(File.Exists(temporary.Local.AzuriteRecord));
    }

    [Fact]
    public async Task Accounts_share_nothing()
    {
        var (one, two) = (await azurite.NextAccountAsync(), await azurite.NextAccountAsync());
        await new BlobServiceClient(one).CreateBlobContainerAsync("mine", cancellationToken: Token);

        Assert.True(await new BlobContainerClient(one, "mine").ExistsAsync(Token));
        Assert.False(await new BlobContainerClient(two, "mine").ExistsAsync(Token));

        var key = two.Split(';').Single(part => part.StartsWith("AccountKey=", StringComparison.Ordinal));
        var stolen = string.Join(';', one.Split(';').Select(part => part.StartsWith("AccountKey=", StringComparison.Ordinal) ? key : part));
        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => new BlobContainerClient(stolen, "mine").ExistsAsync(Token));
        Assert.Equal(403, refused.Status);
    }

    [Fact]
    public async Task Many_accounts_are_served_and_the_development_account_too_if_it_is_named()
    {
        var setup = new AzuriteSetup
        {
            Ports = AzuritePorts.Any,
            Accounts = [AzuriteAccount.Development, .. Enumerable.Range(1, 300).Select(AzuriteFixture.Account)],
        };
        await using var started = await StartAsync(setup);

        foreach (var account in new[] { AzuriteAccount.Development, AzuriteFixture.Account(1), AzuriteFixture.Account(300) })
        {
            await WriteAsync(started, "mine", account.Name);
            Assert.True(await HoldsAsync(started, "mine", account.Name));
        }

        Assert.Throws<KeyNotFoundException>(() => started.ConnectionString("stranger"));
    }

    public void Dispose() => temporary.Dispose();

    private async Task<string> CommandAsync()
    {
        var program = await azurite.ProgramAsync();
        return $"{program.File} {string.Join(' ', program.Arguments)}";
    }

    private async Task<AzuriteProcess> StartAsync(AzuriteSetup setup) =>
        await AzuriteProcess.StartOrAdoptAsync(await azurite.ProgramAsync(), setup, TimeProvider.System, Token);

    /// <summary>An Azurite that takes two seconds to end when asked.</summary>
    private async Task<AzuriteProgram> SlowToSaveAsync(string options)
    {
        var slow = temporary.In("slow.mjs");
        await File.WriteAllTextAsync(
            slow,
            """
            import fs from 'node:fs';
            const { rename } = fs;
            process.once('SIGTERM', () => { fs.rename = (...file) => setTimeout(rename, 2000, ...file) })
            """,
            Token);
        var shell = $"""NODE_OPTIONS="{options} --import={slow}" exec {await CommandAsync()} "$@" """;
        return new(temporary.Program("azurite", shell), []);
    }

    private static async Task SignalAsync(AzuriteProcess process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync(Token);
    }

    /// <summary>Writes something to each of the three services.</summary>
    private static async Task WriteAsync(AzuriteProcess process, string name, string account = "devstoreaccount1")
    {
        var connection = process.ConnectionString(account);
        await new BlobServiceClient(connection).CreateBlobContainerAsync(name, cancellationToken: Token);
        await new QueueClient(connection, name).CreateAsync(cancellationToken: Token);
        await new TableClient(connection, name).CreateAsync(Token);
    }

    private static async Task<bool> HoldsAsync(AzuriteProcess process, string name, string account = "devstoreaccount1")
    {
        var connection = process.ConnectionString(account);
        return await new BlobContainerClient(connection, name).ExistsAsync(Token)
            && await new QueueClient(connection, name).ExistsAsync(Token)
            && await new TableServiceClient(connection).QueryAsync(table => table.Name == name, cancellationToken: Token).AnyAsync(Token);
    }

    private static TcpListener Listener()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
