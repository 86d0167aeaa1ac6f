using System.Text;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>A large journal report around a mail with one attachment. It is made while it is read and never held whole.</summary>
/// <param name="number">Each number makes a different mail, the same in every run.</param>
/// <param name="attachmentBytes">Of the attachment as base64, line ends included; see <see cref="Whole"/>.</param>
internal sealed class LargeReport(int number, long attachmentBytes) : Stream
{
    private const int LineBytes = Stock.Base64Line + 2;
    private const int LinesPerBlock = 800;
    private const int BlockBytes = LinesPerBlock * LineBytes;

    /// <summary>Octets that one line encodes (RFC 2045 §6.8).</summary>
    private const int OctetsPerLine = Stock.Base64Line / 4 * 3;

    private readonly Random random = new(number);
    private readonly byte[] noise = new byte[LinesPerBlock * OctetsPerLine];
    private ReadOnlyMemory<byte> block = Before(number);
    private long left = Whole(attachmentBytes);
    private bool closed;

    /// <summary>The real size of an attachment of about this many bytes: whole blocks.</summary>
    public static long Whole(long bytes) => bytes / BlockBytes * BlockBytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Take(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Take(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Take(buffer.AsSpan(offset, count)));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Take(Span<byte> buffer)
    {
        if (block.IsEmpty)
        {
            block = Next();
        }

        var count = Math.Min(buffer.Length, block.Length);
        block.Span[..count].CopyTo(buffer);
        block = block[count..];
        return count;
    }

    private ReadOnlyMemory<byte> Next()
    {
        if (left > 0)
        {
            left -= BlockBytes;
            random.NextBytes(noise);
            return Encoding.ASCII.GetBytes(Convert.ToBase64String(noise, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
        }

        var end = closed ? "" : "--=_mail_--\r\n\r\n--_report_--\r\n";
        closed = true;
        return Encoding.ASCII.GetBytes(end);
    }

    private static byte[] Before(int number) => Encoding.ASCII.GetBytes(string.Join(
        "\r\n",
        "From: <anna.lind@example.com>",
        "To: <ben.okafor@example.com>",
        $"Subject: Film {number}",
        "Sender: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>",
        $"Message-ID: <film-report-{number}@journal.report.generator>",
        "X-MS-Journal-Report:",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=\"_report_\"",
        "",
        "--_report_",
        "Content-Type: text/plain; charset=\"utf-8\"",
        "",
        "Sender: anna.lind@example.com",
        $"Subject: Film {number}",
        $"Message-ID: <film-{number}@example.com>",
        "To: ben.okafor@example.com",
        "",
        "--_report_",
        "Content-Type: message/rfc822",
        "",
        "From: <anna.lind@example.com>",
        "To: <ben.okafor@example.com>",
        $"Subject: Film {number}",
        "Date: Mon, 23 Nov 2026 15:05:06 +0100",
        $"Message-ID: <film-{number}@example.com>",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=\"=_mail_\"",
        "",
        "--=_mail_",
        "Content-Type: video/mp4; name=\"film.mp4\"",
        "Content-Disposition: attachment; filename=\"film.mp4\"",
        "Content-Transfer-Encoding: base64",
        "",
        ""));
}
