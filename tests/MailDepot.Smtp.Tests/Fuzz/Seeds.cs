using System.Collections.Immutable;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp.Fuzz;

/// <summary>The scripts of the table of replies, from which all others are derived.</summary>
internal static class Seeds
{
    private const string Start = Ehlo + Envelope;
    private const string Rest = "\r\n.\r\nMAIL FROM:<evil@a.example>\r\nRCPT TO:<journal@depot.example>\r\nDATA\r\nevil\r\n.\r\nQUIT\r\n";

    public static ImmutableArray<byte[]> All { get; } =
    [
        .. new[]
        {
            // 1–4: what ends no mail
            $"{Start}DATA\r\na\n.\nb{Rest}", $"{Start}DATA\r\na\n.\r\nb{Rest}", $"{Start}DATA\r\na\r\n.\nb{Rest}",
            $"{Start}DATA\r\na\r.\r\nb{Rest}",
            $"{Start}DATA\r\na\r.\rb{Rest}", $"{Start}DATA\r\na\r\n.\rb{Rest}", $"{Start}DATA\r\na\r\n\0.\r\nb{Rest}",

            // 5, 6
            $"{Start}DATA\r\n\0\xff{new string('x', 250)}\r\n.\r\nQUIT\r\n", $"{Start}DATA\r\n..one\r\n...\r\n.\r\n{Envelope}DATA\r\n.\r\n",

            // 7–14
            $"{Start}BDAT 8 LAST\r\none\ntwo\nQUIT\r\n",
            $"{Start}BDAT 3\r\noneBDAT 4\r\n\ntwoBDAT 0 LAST\r\n{Envelope}BDAT 5 LAST\r\nthree",
            $"{Start}BDAT 0\r\nBDAT 0\r\nBDAT 0\r\nBDAT 0\r\nBDAT 1 LAST\r\nx", $"{Start}BDAT 0x5\r\nNOOP\r\n",
            $"{Start}BDAT 5 LASTX\r\nNOOP\r\n",
            $"{Ehlo}BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", $"{Start}BDAT 3\r\noneDATA\r\nMAIL FROM:<>\r\nBDAT 3 LAST\r\ntwo",
            $"{Start}BDAT 3\r\noneRSET\r\n{Envelope}BDAT 3 LAST\r\ntwo",
            $"{Start}BDAT 301\r\n{new string('y', 301)}BDAT 3\r\noneBDAT 3 LAST\r\ntwo{Envelope}BDAT 2 LAST\r\nok",
            $"{Ehlo}MAIL FROM:<> BODY=BINARYMIME\r\n",

            // 15, 16
            $"{Ehlo}STARTTLS\r\n{Ehlo}{Envelope}DATA\r\nx\r\n.\r\n", $"{Ehlo}STARTTLS now\r\nMAIL FROM:<>\r\nSTARTTLS\r\n",

            // 17–19
            $"NOOP {new string('x', 193)}\r\nNOOP {new string('x', 194)}\r\nNOOP\r\n", new string('x', 1_100) + "\r\nNOOP\r\n",
            "NOOP \0\r\nNOOP \xfc\r\nNOOP\r\n",
            "NO\rOP\r\nNOOP\nNOOP\r\nNOOP\r\r\nNOOP\r\n",
            $"{Ehlo}MAIL FROM:<a@a.example>\nRCPT TO:<journal@depot.example>\r\nMAIL FROM:<>\r\n",

            // 20–24
            $"{Ehlo}MAIL FROM:<>\r\n{string.Concat(Enumerable.Range(0, 5).Select(i => $"RCPT TO:<r{i}@depot.example>\r\n"))}DATA\r\n.\r\n",
            $"{Ehlo}MAIL FROM:<> SIZE=301\r\nMAIL FROM:<> SIZE=99999999999999999999\r\nMAIL FROM:<> SIZE=-1\r\n"
                + "MAIL FROM:<> SIZE=1 SIZE=1\r\n",
            $"{Start}DATA\r\n{string.Concat(Enumerable.Repeat("too large\r\n", 30))}.\r\n{Envelope}DATA\r\nx\r\n.\r\n",
            $"MAIL FROM:<>\r\n{Ehlo}RCPT TO:<a@depot.example>\r\nMAIL FROM:<>\r\nDATA\r\nMAIL FROM:<>\r\n{Ehlo}DATA\r\n",
            "EHLO\r\nEHLO a\tb\r\nHELO x\r\n",

            // 25–28
            $"{Ehlo}MAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\n",
            $"{Ehlo}MAIL FROM: <\"a b\\\"\"@[192.0.2.1]>\r\nRCPT TO:<@a.example,@b.example:x@depot.example>\r\nDATA\r\nx\r\n.\r\n",
            $"{Ehlo}MAIL FROM:<j\xc3\xbc@depot.example>\r\nMAIL FROM:<j\xc3\xbc@depot.example> SMTPUTF8\r\n"
                + "RCPT TO:<\xc3\xa4@depot.example>\r\nDATA\r\nx\r\n.\r\n",
            $"{Ehlo}MAIL FROM:<> AUTH=<>\r\nXYZZY\r\nVRFY a\r\nHELP\r\nGET / HTTP/1.1\r\nNOOP\r\n",

            // 29, 30
            $"{Start}DATA\r\nunfinished", $"{Start}BDAT 10 LAST\r\nunfin",
            $"{Ehlo}MAIL FROM:<>\r\nRCPT TO:<a@elsewhere.example>\r\nRCPT TO:<x@depot.example>\r\nRCPT TO:<x@other.example>\r\n"
                + "DATA\r\nx\r\n.\r\nQUIT\r\n",
        }.Select(Bytes),
    ];
}
