using System.Collections.Immutable;

namespace MailDepot.Tests.Smtp.Fuzz;

/// <summary>Mutates scripts. The same seed gives the same scripts.</summary>
internal sealed class Mutator(Random random)
{
    /// <summary>Bytes of a script at most: enough for several mails and a hopeless line.</summary>
    private const int MaxLength = 3_000;

    /// <summary>Changes to one script.</summary>
    private const int MaxChanges = 6;

    private static readonly ImmutableArray<byte[]> Words =
    [
        .. new[]
        {
            "\r\n", "\r", "\n", "\n\r", "\r\r\n", "\0", ".", "..", "\r\n.\r\n", "\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", ".\r\n", " ", "\t",
            "<", ">", ":", "@", "\"", "\\", "[", "]",
            "EHLO client.example\r\n", "HELO x\r\n", "MAIL FROM:<>\r\n", "MAIL FROM:<a@b.example> SIZE=10 BODY=8BITMIME SMTPUTF8\r\n",
            "RCPT TO:<journal@depot.example>\r\n",
            "RCPT TO:<x@depot.example>\r\n", "RCPT TO:<x@other.example>\r\n", "RCPT TO:<Postmaster>\r\n", "DATA\r\n", "BDAT 0\r\n",
            "BDAT 0 LAST\r\n", "BDAT 5\r\n12345", "BDAT 5 LAST\r\n12345",
            "BDAT 300 LAST\r\n", "BDAT 9223372036854775807\r\n", "BDAT 18446744073709551616\r\n", "BDAT -1\r\n", "RSET\r\n", "NOOP\r\n",
            "QUIT\r\n", "VRFY a\r\n", "HELP\r\n", "STARTTLS\r\n",
            "AUTH PLAIN AA==\r\n", "GET / HTTP/1.1\r\n", " SIZE=", " BODY=", " SMTPUTF8", " LAST", "\xc3\xa4", "\xff", "\x80", "0",
            "9999999999",
        }.Select(SmtpStage.Bytes),
    ];

    /// <summary>Another script.</summary>
    /// <param name="script">Not modified.</param>
    /// <param name="other">What may be spliced into it.</param>
    public byte[] Change(byte[] script, byte[] other)
    {
        for (var changes = random.Next(1, MaxChanges + 1); changes > 0; changes--)
        {
            script = ChangeOnce(script, other);
        }

        return script.Length <= MaxLength ? script : script[..MaxLength];
    }

    private byte[] ChangeOnce(byte[] script, byte[] other)
    {
        var at = random.Next(script.Length + 1);
        var (from, to) = Range(script.Length);
        switch (random.Next(9))
        {
            case 0: // one bit
                return at == script.Length ? script : [.. script[..at], (byte)(script[at] ^ (1 << random.Next(8))), .. script[(at + 1)..]];
            case 1: // one byte
                return at == script.Length ? script : [.. script[..at], (byte)random.Next(256), .. script[(at + 1)..]];
            case 2: // cut out
                return [.. script[..from], .. script[to..]];
            case 3: // cut off
                return script[..at];
            case 4: // twice, or often
                return
                [
                    .. script[..to],
                    .. Enumerable.Repeat(script[from..to], random.Next(10) == 0 ? 20 : 1).SelectMany(bytes => bytes),
                    .. script[to..],
                ];
            case 5: // move
                return [.. script[..from], .. script[to..], .. script[from..to]];
            case 6: // splice
                var (first, last) = Range(other.Length);
                return [.. script[..at], .. other[first..last], .. script[at..]];
            case 7: // over another
                var word = Word();
                return [.. script[..at], .. word, .. script[Math.Min(script.Length, at + word.Length)..]];
            default:
                return [.. script[..at], .. Word(), .. script[at..]];
        }
    }

    private byte[] Word() => Words[random.Next(Words.Length)];

    private (int From, int To) Range(int length)
    {
        var (one, other) = (random.Next(length + 1), random.Next(length + 1));
        return (Math.Min(one, other), Math.Max(one, other));
    }
}
