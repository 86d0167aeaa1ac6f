using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>Mails of one session on their way into the spool: asked for ahead, read one after the other, made durable side by side, then written down.</summary>
/// <remarks>A mail of up to 1 MiB is held while it is stored; a larger one streams from the server to the spool. Any exception ends the session.</remarks>
internal sealed class MailTransfer(VisitParts visit, Pop3Session session, bool oneByOne)
{
    /// <summary>Runs in a row in which a mail may fail; then it is skipped.</summary>
    public const int Attempts = 3;

    /// <summary>RETRs on their way at once, where the server takes that.</summary>
    private const int AskedAhead = 32;

    /// <summary>Octets of the mails that are asked for ahead, as LIST tells them: what a visit still has to read when its time is over.</summary>
    private const long AskedAheadBytes = 4 * 1024 * 1024;

    /// <summary>Mails that are written down together while more are on their way: what a process that is killed fetches again.</summary>
    private const int WrittenTogether = 100;

    private readonly ConcurrentQueue<Outcome> unwritten = [];
    private readonly Refusals refusals = new(visit);
    private readonly List<int> written = [];
    private readonly List<Task> storing = [];
    private List<Copy> copies = [];
    private Task writing = Task.CompletedTask;
    private volatile bool failed;

    /// <summary>Numbers of the mails that are durable and written down: fit to be deleted. To be read when the transfer is over.</summary>
    public IReadOnlyCollection<int> Written => written;

    /// <summary>Keys of the mails that the server did not hand over.</summary>
    public HashSet<string> Refused => refusals.Keys;

    /// <summary>Fetches mails until all are durable, or it is enough.</summary>
    public async Task RunAsync(IEnumerable<MailListing> mails, Func<bool> enough, CancellationToken ct)
    {
        copies = [.. mails.Select(mail => new Fetched(mail)).SelectMany(mail => mail.Mail.Numbers.Select(number => new Copy(mail, number)))];
        try
        {
            var window = session.Capabilities.Pipelining && !oneByOne ? AskedAhead : 1;
            var bytes = 0L;
            for (var (asked, read) = (0, 0); !failed; read++)
            {
                if (asked - read <= window / 2)
                {
                    for (; asked < copies.Count && asked - read < window && (bytes < AskedAheadBytes || asked == read) && !enough(); asked++)
                    {
                        session.Request(copies[asked].Number);
                        bytes += copies[asked].Of.Mail.Bytes;
                    }

                    await session.FlushAsync();
                }

                if (read == asked)
                {
                    break;
                }

                await TakeAsync(copies[read], ct);
                bytes -= copies[read].Of.Mail.Bytes;
            }

            await Task.WhenAll(storing);
        }
        finally
        {
            // Also when the connection broke: what is durable need not come again.
            await Task.WhenAll(storing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writing;
            await WriteAsync(ct);
        }
    }

    private async Task TakeAsync(Copy copy, CancellationToken ct)
    {
        try
        {
            var octets = await session.NextMailAsync(copy.Of.Mail.Bytes);
            if (!copy.IsNew && copy.Of.Mail.IfDurable is null && visit.Known.MayBeDurable(copy.Of.Mail.Bytes))
            {
                await RecognizeAsync(copy, octets, ct);
            }
            else
            {
                await TakeAsync(copy, octets, ct);
            }
        }
        catch (Pop3CommandException refusal)
        {
            refusals.Refuse(copy.Of.Mail, refusal.Reply.Text);
        }
        catch (Exception e) when (Refusals.IsOfTheMail(e))
        {
            refusals.Count(copy.Of.Mail, Failure.Describe(e));
            throw;
        }

        if (writing.IsCompleted && unwritten.Count + refusals.Unwritten.Count >= WrittenTogether)
        {
            await writing;
            writing = WriteAsync(ct);
        }
    }

    private async Task TakeAsync(Copy copy, RetrievedMail octets, CancellationToken ct)
    {
        var (turn, holds) = await visit.Turns.WaitAsync(copy.Of.Mail.Bytes, ct);
        var buffer = ArrayPool<byte>.Shared.Rent(holds);
        int held;
        var isSubstitute = false;
        try
        {
            held = await octets.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
            if (held < buffer.Length && await Substitute.IsAsync(buffer.AsMemory(0, held), ct))
            {
                isSubstitute = true;
                await refusals.TakeSubstituteAsync(copy.Of.Mail, new MemoryStream(buffer, 0, held, writable: false), Source(copy.Of.Mail), ct);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            turn.Release();
            throw;
        }

        if (isSubstitute)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            turn.Release();
            return;
        }

        var head = new MemoryStream(buffer, 0, held, writable: false);
        var stored = StoreAsync(copy, held < buffer.Length ? head : new JoinedStream(head, octets), buffer, turn, ct);
        storing.Add(stored);
        if (held == buffer.Length)
        {
            await stored; // it reads on from the connection
        }
    }

    private async Task StoreAsync(Copy copy, Stream octets, byte[] buffer, SemaphoreSlim turn, CancellationToken ct)
    {
        try
        {
            await using (octets)
            {
                var mail = copy.Of.Mail;
                var sha256 = await visit.Accept(Source(mail), octets, ct);
                if (copy.Of.TookOne())
                {
                    unwritten.Enqueue(new((mail.IfDurable ?? new(sha256, HasUidl: false, mail.Bytes)) with { Since = visit.Clock.GetUtcNow() }, mail.Numbers));
                    visit.Tally.Took(mail);
                }
            }
        }
        catch (Exception e)
        {
            failed = true;
            if (Refusals.IsOfTheMail(e))
            {
                refusals.Count(copy.Of.Mail, Failure.Describe(e));
            }

            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            turn.Release();
        }
    }

    private Pop3Source Source(MailListing mail) => new(visit.Mailbox.Name, mail.Uidl, visit.Mailbox.Container, visit.Mailbox.Journal ? true : null);

    /// <summary>A mail without a UIDL, of a size that is known: its octets tell whether it was collected. If not, it is asked for again.</summary>
    private async Task RecognizeAsync(Copy copy, RetrievedMail octets, CancellationToken ct)
    {
        var sha256 = Digest.FromHash(await SHA256.HashDataAsync(octets, ct));
        if (visit.Known.IsDurable(new(sha256, HasUidl: false, copy.Of.Mail.Bytes)))
        {
            unwritten.Enqueue(new(null, copy.Of.Mail.Numbers));
            visit.Tally.Knew(copy.Of.Mail);
        }
        else
        {
            copies.Add(copy with { IsNew = true });
        }
    }

    /// <summary>Rows first, and only then are their mails fit to be deleted.</summary>
    private async Task WriteAsync(CancellationToken ct)
    {
        var now = new List<Outcome>();
        while (unwritten.TryDequeue(out var one))
        {
            now.Add(one);
        }

        var refused = new List<RefusedMail>();
        while (refusals.Unwritten.TryDequeue(out var one))
        {
            refused.Add(one);
        }

        var pages = UidlPage.Of(now.Select(one => one.Durable).OfType<DurableMail>());
        await visit.Write(pages, [.. refused.DistinctBy(mail => mail.Key, StringComparer.Ordinal)], ct);
        visit.Known.Add(pages, refused);
        written.AddRange(now.SelectMany(one => one.Numbers));
    }

    /// <summary>A mail that is durable.</summary>
    /// <param name="Durable">Null if it was known to be.</param>
    /// <param name="Numbers">To be deleted when the rest is written.</param>
    private sealed record Outcome(DurableMail? Durable, ImmutableArray<int> Numbers);

    /// <summary>A listed mail, and how many of its copies are still to come.</summary>
    private sealed class Fetched(MailListing mail)
    {
        private int left = mail.Numbers.Length;

        public MailListing Mail => mail;

        /// <summary>True when it was the last.</summary>
        public bool TookOne() => Interlocked.Decrement(ref left) == 0;
    }

    private sealed record Copy(Fetched Of, int Number, bool IsNew = false);
}
