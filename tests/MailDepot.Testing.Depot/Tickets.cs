using System.IO.Compression;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Testing;

/// <summary>Tickets made by hand: with ids and times that a test chooses, and with faults that no connector makes.</summary>
public static class Tickets
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A ticket for this mail, accepted as many milliseconds after noon as its number says.</summary>
    public static Ticket For(byte[] mail, int number, string recipient = TestDepot.Office) => new(
        Id(number), TestDepot.To(recipient), Noon.AddMilliseconds(number), mail.Length, Digest.Of(mail));

    /// <summary>A UUID version 7 for that time; its random part is the number again.</summary>
    public static Guid Id(int number)
    {
        var time = Noon.AddMilliseconds(number).ToUnixTimeMilliseconds();
        return Guid.Parse($"{time >> 16:x8}-{time & 0xFFFF:x4}-7000-8000-{number:x12}");
    }

    public static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>The message of an inline ticket.</summary>
    public static byte[] Inline(Ticket ticket, byte[] mail) => [.. ticket.Line(), .. Gzip(mail)];
}
