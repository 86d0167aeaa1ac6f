using System.Security.Cryptography;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>Memory is measured, so no other test runs beside these.</summary>
[CollectionDefinition(nameof(LargeMailTests), DisableParallelization = true)]
[Collection(nameof(LargeMailTests))]
public sealed class LargeMailTests
{
    private const int Chunk = 1_000_000;
    private const int Chunks = 50;

    [Fact]
    public async Task A_mail_of_50_MB_needs_only_the_memory_of_a_few_buffers()
    {
        var chunk = new byte[Chunk];
        new Random(Seed: 1).NextBytes(chunk);
        chunk.AsSpan().Replace((byte)'.', (byte)',');
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[]? stored = null;
        var highest = 0L;
        var stage = new SmtpStage
        {
            OnMail = async (_, _, mail, ct) => stored = await SHA256.HashDataAsync(mail, ct),
        };
        var call = stage.Call();
        await call.SendAsync(Ehlo + Envelope + "DATA\r\n");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Chunks; i++)
        {
            sent.AppendData(chunk);
            await call.SendAsync(chunk);
            highest = Math.Max(highest, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        sent.AppendData("\r\n"u8);
        await call.SendAsync("\r\n.\r\n");
        Assert.Equal("250 2.0.0", (await call.HangUpAsync()).Replies[^1]);
        Assert.Equal(sent.GetHashAndReset(), stored);
        Assert.InRange(highest, 0, 4L * Chunk);
    }
}
