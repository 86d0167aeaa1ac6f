using System.Globalization;
using System.Text;
using MailDepot.Host.Local;

namespace MailDepot.Testing;

/// <summary>One Azurite in memory for all tests; a test takes an account, and with it an empty storage of its own.</summary>
/// <remarks>
/// Azurite is installed once for a clone, into <c>.maildepot/azurite</c> at its top, where <c>maildepot up</c> finds it
/// too. The environment variable <c>MailDepot__Azurite</c> names another.
/// </remarks>
public sealed class AzuriteFixture : IAsyncLifetime
{
    /// <summary>More than the tests will take.</summary>
    private const int Accounts = 3_000;

    private AzuriteProcess? azurite;
    private int taken;

    /// <summary>For tests that start one themselves.</summary>
    public AzuriteProgram Program { get; private set; } = new("", []);

    /// <summary>Where it listens.</summary>
    public AzuritePorts Ports => azurite!.Ports;

    /// <summary>The connection string of an account that no other test has.</summary>
    public string NextAccount()
    {
        var number = Interlocked.Increment(ref taken);
        return number <= Accounts
            ? azurite!.ConnectionString(Account(number).Name)
            : throw new InvalidOperationException($"More than {Accounts} accounts were taken: raise the number in AzuriteFixture.");
    }

    /// <summary>Starts it on any free ports.</summary>
    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Program = await AzuriteProgram.FindAsync(
            new LocalFolder(Clone.Path(LocalFolder.Name)),
            Environment.GetEnvironmentVariable("MailDepot__Azurite"),
            SearchPath.FromEnvironment(),
            TestContext.Current.SendDiagnosticMessage,
            TimeProvider.System,
            token);
        var setup = new AzuriteSetup
        {
            Ports = AzuritePorts.Any,
            Accounts = [.. Enumerable.Range(1, Accounts).Select(Account)],
        };
        azurite = await AzuriteProcess.StartOrAdoptAsync(Program, setup, TimeProvider.System, token);
    }

    /// <summary>Stops it; a test run that is killed takes it along.</summary>
    public async ValueTask DisposeAsync()
    {
        if (azurite is not null)
        {
            await azurite.DisposeAsync();
        }
    }

    /// <summary>The same number makes the same account: <c>test0042</c>.</summary>
    internal static AzuriteAccount Account(int number)
    {
        var name = "test" + number.ToString("0000", CultureInfo.InvariantCulture);
        return new AzuriteAccount(name, Convert.ToBase64String(Encoding.ASCII.GetBytes("key of " + name)));
    }
}
