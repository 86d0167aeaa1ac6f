using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MailDepot.Host.Demo;

/// <summary>A mail of a little over 10 MB, generated at each call, always identical to the last byte.</summary>
public static class LargeMail
{
    /// <summary>Bytes of the attachment. Base64 turns them into 10,000,000; line ends and header come on top.</summary>
    public const int AttachmentBytes = 7_500_000;

    private const string Boundary = "team-picture-2026";

    /// <summary>The whole mail, with CRLF line ends.</summary>
    public static ReadOnlyMemory<byte> Make()
    {
        var mail = string.Join(
            "\r\n",
            "Date: Mon, 23 Nov 2026 12:15:00 +0000",
            "From: Anna Lindqvist <anna.lindqvist@example.com>",
            "To: Ben Okafor <ben.okafor@example.org>",
            "Subject: The picture of the whole team",
            "Message-ID: <team-picture-2026@mail.example.com>",
            "MIME-Version: 1.0",
            $"Content-Type: multipart/mixed; boundary=\"{Boundary}\"",
            "",
            $"--{Boundary}",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            "Hello Ben,",
            "",
            "the photographer has sent the big one at last. Everybody smiles, even the",
            "plants. It is large enough for the wall at the front desk.",
            "",
            "Anna",
            $"--{Boundary}",
            "Content-Type: application/octet-stream; name=\"team.raw\"",
            "Content-Transfer-Encoding: base64",
            "Content-Disposition: attachment; filename=\"team.raw\"",
            "",
            // Lines of 76 characters (RFC 2045 §6.8), with CRLF on every system.
            Convert.ToBase64String(Noise(AttachmentBytes), Base64FormattingOptions.InsertLineBreaks),
            $"--{Boundary}--",
            "");
        return Encoding.ASCII.GetBytes(mail);
    }

    /// <summary>
    /// Bytes that don't compress: SHA-256 of 0, 1, 2, … concatenated. <see cref="Random"/> does not promise the
    /// same numbers in every version of .NET.
    /// </summary>
    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        Span<byte> counter = stackalloc byte[sizeof(int)];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        for (var at = 0; at < length; at += block.Length)
        {
            BinaryPrimitives.WriteInt32BigEndian(counter, at / block.Length);
            SHA256.HashData(counter, block);
            block[..Math.Min(block.Length, length - at)].CopyTo(noise.AsSpan(at));
        }

        return noise;
    }
}
