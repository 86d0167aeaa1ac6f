using System.Diagnostics;
using System.Globalization;
using System.Text;
using MailDepot.Host.Local;

namespace MailDepot.Testing;

/// <summary>Azurite in memory for all tests of a project. Each test takes an account, and with it empty storage of its own.</summary>
/// <remarks>
/// Ten minutes after its start, Azurite 3.35.0 collects the extents of deleted blobs, one by one, and sorts its indexes after each: with
/// the tens of thousands of these tests it answers nothing for longer than a test waits. So tests that begin later get a fresh one.
/// <para>
/// The first test that asks starts it, so tests that need no storage start none. It is installed once per clone, into
/// <c>.maildepot/azurite</c> at the top, where <c>maildepot up</c> finds it too. The environment variable
/// <c>MailDepot__Azurite</c> names another.
/// </para>
/// </remarks>
public sealed class AzuriteFixture : IAsyncDisposable
{
    /// <summary>More than the tests will take.</summary>
    private const int Accounts = 3_000;

    /// <summary>After this a fresh one is started. The longest test takes a minute or two.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(5);

    private readonly Lazy<Task<AzuriteProgram>> program;
    private readonly SemaphoreSlim starting = new(1);
    private readonly List<AzuriteProcess> started = [];
    private long startedAt;
    private int taken;

    /// <summary>Starts nothing.</summary>
    public AzuriteFixture() => program = new(FindAsync);

    /// <summary>For tests that start one themselves.</summary>
    public Task<AzuriteProgram> ProgramAsync() => program.Value;

    /// <summary>The connection string of an account that no other test has.</summary>
    public async Task<string> NextAccountAsync()
    {
        var number = Interlocked.Increment(ref taken);
        return number <= Accounts
            ? (await FreshAsync()).ConnectionString(Account(number).Name)
            : throw new InvalidOperationException($"More than {Accounts} accounts were taken: raise the number in AzuriteFixture.");
    }

    /// <summary>Stops Azurite. It also ends with a test run that is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var azurite in started)
        {
            await azurite.DisposeAsync();
        }

        starting.Dispose();
    }

    /// <summary>The same number makes the same account: <c>test0042</c>.</summary>
    internal static AzuriteAccount Account(int number)
    {
        var name = "test" + number.ToString("0000", CultureInfo.InvariantCulture);
        return new AzuriteAccount(name, Convert.ToBase64String(Encoding.ASCII.GetBytes("key of " + name)));
    }

    private static Task<AzuriteProgram> FindAsync() => AzuriteProgram.FindAsync(
        new LocalFolder(Clone.Path(LocalFolder.Name)),
        Environment.GetEnvironmentVariable("MailDepot__Azurite"),
        SearchPath.FromEnvironment(),
        TestContext.Current.SendDiagnosticMessage,
        TimeProvider.System,
        TestContext.Current.CancellationToken);

    private async Task<AzuriteProcess> FreshAsync()
    {
        await starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (started.Count == 0 || Stopwatch.GetElapsedTime(startedAt) > Freshness)
            {
                started.Add(await StartAsync());
                startedAt = Stopwatch.GetTimestamp();
            }

            return started[^1];
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>On any free ports.</summary>
    private async Task<AzuriteProcess> StartAsync()
    {
        var setup = new AzuriteSetup { Ports = AzuritePorts.Any, Accounts = [.. Enumerable.Range(1, Accounts).Select(Account)] };
        return await AzuriteProcess.StartOrAdoptAsync(
            await program.Value, setup, TimeProvider.System, TestContext.Current.CancellationToken);
    }
}
