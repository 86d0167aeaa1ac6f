
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>Measures memory, so no other test runs at the same time.</summary>
[Collection<Alone>]
public sealed class LargeMailTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const int Megabyte = 1_000_000;

    /// <summary>A buffer of 1 MiB for the held part of a mail and one of 4 MiB for its next block, plus room for everything else.</summary>
    private const int Bound = 40;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_mails_of_100_MB_are_collected_without_holding_even_half_of_one()
    {
        var mailbox = dovecot.NextMailbox();
        mailbox.Put(Mails());
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: mailbox.Settings());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watching = HighestAsync(stop.Token);
        Assert.Equal(2, (await CollectAsync(depot)).Collected);
        await stop.CancelAsync();
        var highest = (await watching - before) / Megabyte;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Two mails of 100 MB: {highest} MB at most beside the {before / Megabyte} MB before.");
        Assert.InRange(highest, 0, Bound);
    }

    private static IEnumerable<byte[]> Mails()
    {
        for (var i = 0; i < 2; i++)
        {
            yield return A.Mail().MessageId($"{i}@example.com").Attachment(
                "a.txt", "text/plain", [.. Enumerable.Repeat((byte)'a', 100 * Megabyte)], "8bit").Bytes();
        }
    }

    /// <summary>Measures live memory repeatedly until stopped.</summary>
    private static async Task<long> HighestAsync(CancellationToken stop)
    {
        using var pulse = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var highest = 0L;
        try
        {
            while (await pulse.WaitForNextTickAsync(stop))
            {
                highest = Math.Max(highest, GC.GetTotalMemory(forceFullCollection: true));
            }
        }
        catch (OperationCanceledException)
        {
            // the measurement is over
        }

        return highest;
    }
}
