using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Host.Smtp;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using MailDepot.Views;

namespace MailDepot.Host.Commands;

/// <summary>A step that a test mail has reached.</summary>
/// <param name="Hop"><c>connected</c>, <c>in TLS</c>, <c>accepted</c>, <c>on the queue</c>, <c>archived</c>, <c>in the list</c>.</param>
/// <param name="Milliseconds">Since the start.</param>
/// <param name="Detail">What is known about it.</param>
internal sealed record TestHop(string Hop, long Milliseconds, string Detail);

/// <summary>A mail with a Message-Id of its own, followed from the SMTP client to the list of the archive.</summary>
/// <param name="queues">Hold the endpoint's waiting tickets.</param>
/// <param name="archive">Gets the receipt.</param>
/// <param name="list">Gets the row.</param>
/// <param name="quarantine">Where the mail may end up instead.</param>
/// <param name="clock">Measures each hop.</param>
/// <param name="reached">Called at each hop.</param>
internal sealed class TestMail(
    QueuesView queues, ArchiveReader archive, IndexReader list, QuarantinedTickets quarantine, TimeProvider clock, Action<TestHop> reached)
{
    private const string Connected = "connected";
    private const string Secured = "in TLS";
    private const string Accepted = "accepted";
    private const string Queued = "on the queue";
    private const string Archived = "archived";
    private const string Listed = "in the list";

    /// <summary>How many of the participant's latest mails are searched for it: others may arrive meanwhile.</summary>
    private const int ListedMails = 100;

    /// <summary>Interval between two checks of storage.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly long started = clock.GetTimestamp();
    private string endpoint = "";
    private string next = Connected;
    private Guid ticket;

    /// <summary>Sends it and follows it.</summary>
    /// <returns>Null when it is in the list; else one sentence that names the hop it did not reach, and why.</returns>
    public async Task<string?> RunAsync(string host, int port, string to, TimeSpan patience, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(patience);
        endpoint = $"{host}:{port}";
        try
        {
            return await DeliverAsync(host, port, to, limit.Token) ?? await FollowAsync(to, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Stopped(Waiting(string.Create(CultureInfo.InvariantCulture, $"{patience.TotalSeconds:0} s")));
        }
        catch (SmtpRefusedException refused)
        {
            return next == Connected
                ? $"The server at {endpoint} did not accept the connection: {refused.Clause.TrimEnd('.')}."
                : Stopped(refused.Clause.TrimEnd('.'));
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException || Failure.IsOfStorage(e))
        {
            return Stopped(Failure.Clause(e));
        }
    }

    /// <summary>What is likely wrong when the mail got stuck for this long.</summary>
    private string Waiting(string time) => next switch
    {
        Queued => $"after {time} ticket {ticket} is neither on the queue nor archived in the storage that the settings name "
            + "(is it the endpoint's? `maildepot log` says more)",
        Archived => $"after {time} ticket {ticket} has no receipt (does an archiver run? `maildepot log` says more)",
        Listed => $"after {time} receipt {ticket} has no row (`maildepot index check` says more)",
        _ => $"no answer within {time}",
    };

    private async Task<string?> DeliverAsync(string host, int port, string to, CancellationToken ct)
    {
        await using var delivery = await SmtpClient.ConnectAsync(host, port, ct);
        Reached(Connected, endpoint, delivery.OffersTls ? Secured : Accepted);
        if (delivery.OffersTls)
        {
            Reached(Secured, await delivery.BeginTlsAsync(host, ct), Accepted);
        }

        var reply = await delivery.SendAsync("", [to], Mail(to), ct);
        await delivery.QuitAsync(ct);
        if (!Guid.TryParse(reply[(reply.LastIndexOf(' ') + 1)..], out ticket))
        {
            return $"The server took the mail without a ticket (it answered '{reply}'), so it is no MailDepot.";
        }

        Reached(Accepted, $"ticket {ticket}", Queued);
        return null;
    }

    private async Task<string?> FollowAsync(string to, CancellationToken ct)
    {
        Receipt? receipt;
        while ((receipt = await archive.FindAsync(ticket, ct)) is null)
        {
            if (await quarantine.FindAsync(ticket.ToString("D"), ct) is { } held)
            {
                return $"The mail is accepted but in quarantine: {held.Sentence.TrimEnd('.')}.";
            }

            if (next == Queued && await queues.ShowsAsync(ticket, ct))
            {
                Reached(Queued, "waits for the archiver", Archived);
            }

            await Task.Delay(PollInterval, clock, ct);
        }

        if (next == Queued)
        {
            Reached(Queued, "left it before we looked", Archived);
        }

        Reached(Archived, $"receipt {receipt.Id} in {receipt.Container}", Listed);
        while (!(await list.ListParticipantAsync(to, receipt.Container, ListedMails, null, ct)).Mails.Any(mail => mail.Id == ticket))
        {
            await Task.Delay(PollInterval, clock, ct);
        }

        Reached(Listed, $"maildepot list {receipt.Container} --participant {to}", "");
        return null;
    }

    private byte[] Mail(string to)
    {
        var domain = to[(to.LastIndexOf('@') + 1)..];
        var now = clock.GetUtcNow();
        var date = now.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(
            $"Date: {date}\r\n"
            + $"From: MailDepot <maildepot-test@{domain}>\r\n"
            + $"To: {to}\r\n"
            + "Subject: maildepot smtp test\r\n"
            + $"Message-Id: <{Guid.CreateVersion7(now):N}.maildepot-test@{domain}>\r\n"
            + "\r\n"
            + "This mail tests the way into the archive.\r\n");
    }

    private void Reached(string hop, string detail, string then)
    {
        reached(new TestHop(hop, (long)clock.GetElapsedTime(started).TotalMilliseconds, detail));
        next = then;
    }

    /// <summary>One sentence that says which hop the mail did not reach.</summary>
    /// <param name="why">A clause without its full stop.</param>
    private string Stopped(string why) => next switch
    {
        Connected => $"Can't connect to {endpoint} ({why}): check --host and --port, and whether the endpoint runs.",
        Secured => $"The server did not begin TLS: {why}.",
        Accepted => $"The server did not accept the mail: {why}.",
        Queued => $"The mail is accepted but not seen on the queue: {why}.",
        Archived => $"The mail is accepted but not archived yet: {why}.",
        _ => $"The mail is archived but not in the list yet: {why}.",
    };
}
