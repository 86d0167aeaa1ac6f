using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Tests.Journal;

/// <summary>Runs alone, as memory is measured for the whole process.</summary>
[Collection<Alone>]
public sealed class BoundedMemoryTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task Report_of_two_hundred_megabytes_is_read_in_bounded_memory()
    {
        var block = Enumerable.Repeat(
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5\r\n"u8.ToArray(),
            13_000).SelectMany(line => line).ToArray();
        var (before, after) = Around("<file>"u8, A.JournalReport().Sender("anna@example.com").To("ben@example.org")
            .Around(
                A.Mail().Boundary("inner")
                    .Part(
                        "Content-Type: application/zip; name=big.zip\nContent-Transfer-Encoding: base64\n", "<file>"u8.ToArray())).Bytes());
        var blocks = (200 * MiB / block.Length) + 1;
        var (peak, start, count) = (0L, GC.GetTotalMemory(forceFullCollection: true), 0L);
        using var scan = new ReportScan();

        var reading = await MailReader.ReadAsync(
            new PieceStream([before, .. Enumerable.Repeat<ReadOnlyMemory<byte>>(block, blocks), after]),
            bytes =>
            {
                scan.Feed(bytes);
                if ((count + bytes.Length) / (20 * MiB) > count / (20 * MiB))
                {
                    peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - start);
                }

                count += bytes.Length;
            },
            TestContext.Current.CancellationToken);

        var report = JournalReport.Read(scan, reading);
        Assert.InRange(reading.Bytes, 200 * MiB, 210 * MiB);
        Assert.Null(report?.Doubt);
        Assert.Equal(60L * 13_000 * blocks, Assert.Single(report!.Split!.Facts.Attachments).Bytes);
        Assert.Equal(reading.Bytes, count);
        Assert.InRange(peak, 0, 16 * MiB); // of the whole process: others may have let go of more
    }

    private static (byte[] Before, byte[] After) Around(ReadOnlySpan<byte> mark, byte[] bytes)
    {
        var at = bytes.AsSpan().IndexOf(mark);
        return (bytes[..at], bytes[(at + mark.Length)..]);
    }
}
