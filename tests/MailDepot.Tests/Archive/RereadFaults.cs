using MailDepot.Archive;
using MailDepot.Tests.Index;

namespace MailDepot.Tests.Archive;

/// <summary>A reread run that failed at any call is completed by the next: same rows as an undisturbed run, clean check.</summary>
internal static class RereadFaults
{
    /// <summary>Every second call: a run makes many, and calls of each kind are among them.</summary>
    private const int Step = 2;

    /// <param name="stageAsync">Makes a depot with mails that an older reader read.</param>
    /// <param name="rereadAsync">The run.</param>
    /// <param name="afterItWasDone">The call fails after it was done.</param>
    /// <param name="thenAsync">What must hold besides at the end of each case.</param>
    public static async Task HoldAsync(
        Func<FaultAt?, Task<TestDepot>> stageAsync, Func<TestDepot, Task<IReadOnlyList<Reread>>> rereadAsync, bool afterItWasDone,
        Func<TestDepot, Task>? thenAsync = null)
    {
        await using var depot = await stageAsync(null);
        await rereadAsync(depot);
        var undisturbed = await Inventory.OfRowsAsync(depot);

        var failures = await SideBySide.EachCallAsync(
            async call =>
            {
                var fault = new FaultAt();
                fault.Stop();
                await using var disturbed = await stageAsync(fault);
                fault.Reset(call, afterItWasDone);
                var failed = await Record.ExceptionAsync(() => rereadAsync(disturbed)) is not null;
                fault.Stop();
                await rereadAsync(disturbed);
                (await Inventory.OfRowsAsync(disturbed)).AssertIs(undisturbed, $"call {call}");
                Assert.Empty(await IndexRepairTests.CheckAsync(disturbed));
                await (thenAsync?.Invoke(disturbed) ?? Task.CompletedTask);
                return failed;
            },
            Step);
        Assert.True(failures > 5, $"Only {failures} calls to storage failed: the run does too little.");
    }
}
