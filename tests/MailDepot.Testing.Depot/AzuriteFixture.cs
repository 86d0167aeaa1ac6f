using System.Globalization;
using System.Text;
using MailDepot.Host.Local;

namespace MailDepot.Testing;

/// <summary>One Azurite in memory for all tests of a project. Each test takes an account, and with it empty storage of its own.</summary>
/// <remarks>
/// The first test that asks starts it, so tests that need no storage start none. It is installed once per clone, into
/// <c>.maildepot/azurite</c> at the top, where <c>maildepot up</c> finds it too. The environment variable
/// <c>MailDepot__Azurite</c> names another.
/// </remarks>
public sealed class AzuriteFixture : IAsyncDisposable
{
    /// <summary>More than the tests will take.</summary>
    private const int Accounts = 3_000;

    private readonly Lazy<Task<AzuriteProgram>> program;
    private readonly Lazy<Task<AzuriteProcess>> azurite;
    private int taken;

    /// <summary>Starts nothing.</summary>
    public AzuriteFixture()
    {
        program = new(FindAsync);
        azurite = new(StartAsync);
    }

    /// <summary>For tests that start one themselves.</summary>
    public Task<AzuriteProgram> ProgramAsync() => program.Value;

    /// <summary>The connection string of an account that no other test has.</summary>
    public async Task<string> NextAccountAsync()
    {
        var number = Interlocked.Increment(ref taken);
        return number <= Accounts
            ? (await azurite.Value).ConnectionString(Account(number).Name)
            : throw new InvalidOperationException($"More than {Accounts} accounts were taken: raise the number in AzuriteFixture.");
    }

    /// <summary>Stops Azurite. It also ends with a test run that is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (azurite.IsValueCreated)
        {
            await (await azurite.Value).DisposeAsync();
        }
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

    /// <summary>On any free ports.</summary>
    private async Task<AzuriteProcess> StartAsync()
    {
        var setup = new AzuriteSetup { Ports = AzuritePorts.Any, Accounts = [.. Enumerable.Range(1, Accounts).Select(Account)] };
        return await AzuriteProcess.StartOrAdoptAsync(
            await program.Value, setup, TimeProvider.System, TestContext.Current.CancellationToken);
    }
}
