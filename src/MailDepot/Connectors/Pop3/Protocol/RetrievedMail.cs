using System.Globalization;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>The answer to RETR as a stream: un-stuffed, else octet for octet what came, ending at CRLF.CRLF.</summary>
/// <remarks>
/// Only CRLF begins a line, as in SMTP: a bare LF is content, so no mail is cut short at an LF and a dot. A connection
/// that ends before the dot is an exception, never a short mail. So is a mail that does not come to an end: the server may
/// be the enemy, and others wait behind it. Only the time that the server takes counts, not our storage's.
/// </remarks>
internal sealed class RetrievedMail(Pop3Wire wire, long listed) : ForwardOnlyStream
{
    /// <summary>Octets of a mail whose size LIST tells wrong: twice what Microsoft 365 takes (150 MB).</summary>
    private const long UnlistedBytes = 300_000_000;

    /// <summary>Times the size that LIST tells: some servers count line ends as one octet, or before they convert the mail.</summary>
    private const int TimesListed = 2;

    /// <summary>Octets a second, as a telephone line has them; asked for when <see cref="AnyPace"/> is over.</summary>
    private const int SlowestPace = 8_000;

    /// <summary>In this time a mail may come as slowly as it likes.</summary>
    private static readonly TimeSpan AnyPace = TimeSpan.FromMinutes(5);

    /// <summary>For any mail, and less than a visit has (<see cref="Pop3Visit.Longest"/>): so it is told as this mail's fault.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(35);

    private readonly TimeSpan waitedBefore = wire.Waited;
    private long octets;
    private DotUnstuffer unstuffer;

    /// <summary>The dot was read: what comes next is another answer.</summary>
    public bool AtEnd => unstuffer.AtEnd;

    /// <summary>The mail's next octets; none at its end.</summary>
    /// <exception cref="Pop3DisconnectedException">The connection ended inside the mail, or the mail comes too slowly, or without an end.</exception>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!unstuffer.AtEnd && !buffer.IsEmpty)
        {
            if (wire.Buffered.IsEmpty)
            {
                await wire.FillAsync(); // the wire has its caller's token
                EndIfEndless();
            }

            var (consumed, written) = unstuffer.Unstuff(wire.Buffered.Span, buffer.Span);
            wire.Advance(consumed);
            octets += written;
            if (written > 0)
            {
                return written;
            }
        }

        return 0;
    }

    private void EndIfEndless()
    {
        if (octets / TimesListed > Math.Max(listed, UnlistedBytes / TimesListed))
        {
            throw new Pop3DisconnectedException($"a mail has {listed} octets by LIST, and no end after {octets}");
        }

        var waited = wire.Waited - waitedBefore;
        if (waited > Longest || waited - AnyPace > TimeSpan.FromSeconds(octets / SlowestPace))
        {
            throw new Pop3DisconnectedException(string.Create(CultureInfo.InvariantCulture, $"a mail came too slowly: {octets} octets in {waited.TotalMinutes:0} minutes"));
        }
    }
}
