using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>
/// Fetches the mails of one session into the spool: requests them ahead, reads them one after the other, makes them durable in
/// parallel, then writes their UIDLs.
/// </summary>
/// <remarks>
/// A mail of up to 1 MiB is held while it is stored; a larger one streams from the server to the spool. Any exception ends the session.
/// </remarks>
internal sealed class MailTransfer(VisitContext visit, Pop3Session session, bool oneByOne)
{
    /// <summary>Runs in a row in which a mail may fail before it is skipped.</summary>
    public const int Attempts = 3;

    /// <summary>RETRs sent before the first reply is read, if the server supports pipelining.</summary>
    private const int RequestedAhead = 32;

    /// <summary>Bytes by LIST of the mails requested ahead: a visit still has to read them when its time is up.</summary>
    private const long RequestedAheadBytes = 4 * 1024 * 1024;

    /// <summary>Mails whose UIDLs are written together while others are still coming. A killed process fetches these again.</summary>
    private const int WriteBatch = 100;

    private readonly ConcurrentQueue<Outcome> unwritten = [];
    private readonly Refusals refusals = new(visit);
    private readonly List<int> written = [];
    private readonly List<Task> storing = [];
    private List<Copy> copies = [];
    private Task writing = Task.CompletedTask;
    private volatile bool failed;

    /// <summary>Numbers of the mails that are durable and written, so they may be deleted. Read it when the transfer is over.</summary>
    public IReadOnlyCollection<int> Written => written;

    /// <summary>Keys of the mails that the server did not send.</summary>
    public HashSet<string> Refused => refusals.Keys;

    /// <summary>Fetches mails until all are durable, or <paramref name="enough"/> says to stop.</summary>
    public async Task RunAsync(IEnumerable<MailListing> mails, Func<bool> enough, CancellationToken ct)
    {
        copies =
        [
            .. mails.Select(mail => new Fetched(mail)).SelectMany(mail => mail.Mail.Numbers.Select(number => new Copy(mail, number))),
        ];
        try
        {
            var window = session.Capabilities.Pipelining && !oneByOne ? RequestedAhead : 1;
            var bytes = 0L;
            for (var (requested, read) = (0, 0); !failed; read++)
            {
                if (requested - read <= window / 2)
                {
                    while (requested < copies.Count && requested - read < window
                        && (bytes < RequestedAheadBytes || requested == read) && !enough())
                    {
                        session.Request(copies[requested].Number);
                        bytes += copies[requested].Of.Mail.Bytes;
                        requested++;
                    }

                    await session.FlushAsync();
                }

                if (read == requested)
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
            // Even if the connection broke: what is durable need not be fetched again.
            await Task.WhenAll(storing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writing;
            await WriteAsync(ct);
        }
    }

    private async Task TakeAsync(Copy copy, CancellationToken ct)
    {
        try
        {
            var content = await session.NextMailAsync(copy.Of.Mail.Bytes);
            if (!copy.IsNew && copy.Of.Mail.IfDurable is null && visit.Known.MayBeDurable(copy.Of.Mail.Bytes))
            {
                await RecognizeAsync(copy, content, ct);
            }
            else
            {
                await TakeAsync(copy, content, ct);
            }
        }
        catch (Pop3CommandException refusal)
        {
            refusals.Refuse(copy.Of.Mail, refusal.Reply.Text);
        }
        catch (Exception e) when (Refusals.MayBeDueToMail(e))
        {
            refusals.Count(copy.Of.Mail, Failure.Describe(e));
            throw;
        }

        if (writing.IsCompleted && unwritten.Count + refusals.Unwritten.Count >= WriteBatch)
        {
            await writing;
            writing = WriteAsync(ct);
        }
    }

    private async Task TakeAsync(Copy copy, RetrievedMail content, CancellationToken ct)
    {
        var (slot, size) = await visit.Slots.WaitAsync(copy.Of.Mail.Bytes, ct);
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        int held;
        var isSubstitute = false;
        try
        {
            held = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
            if (held < buffer.Length && await Substitute.IsAsync(buffer.AsMemory(0, held), ct))
            {
                isSubstitute = true;
                var substitute = new MemoryStream(buffer, 0, held, writable: false);
                await refusals.TakeSubstituteAsync(copy.Of.Mail, substitute, Source(copy.Of.Mail), ct);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            slot.Release();
            throw;
        }

        if (isSubstitute)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            slot.Release();
            return;
        }

        var head = new MemoryStream(buffer, 0, held, writable: false);
        var stored = StoreAsync(copy, held < buffer.Length ? head : new JoinedStream(head, content), buffer, slot, ct);
        storing.Add(stored);
        if (held == buffer.Length)
        {
            await stored; // it is still reading from the connection
        }
    }

    private async Task StoreAsync(Copy copy, Stream content, byte[] buffer, SemaphoreSlim slot, CancellationToken ct)
    {
        try
        {
            await using (content)
            {
                var mail = copy.Of.Mail;
                var (_, sha256) = await visit.Accept(Source(mail), content, ct);
                if (copy.Of.IsLastCopy())
                {
                    var durable = mail.IfDurable ?? new(sha256, HasUidl: false, mail.Bytes);
                    unwritten.Enqueue(new(durable with { Since = visit.Clock.GetUtcNow() }, mail.Numbers));
                    visit.Tally.Collected(mail);
                }
            }
        }
        catch (Exception e)
        {
            failed = true;
            if (Refusals.MayBeDueToMail(e))
            {
                refusals.Count(copy.Of.Mail, Failure.Describe(e));
            }

            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            slot.Release();
        }
    }

    private Pop3Source Source(MailListing mail) =>
        new(visit.Mailbox.Name, mail.Uidl, visit.Mailbox.Container, visit.Mailbox.Journal ? true : null);

    /// <summary>
    /// A mail without a UIDL whose size is known: its content tells whether it was collected. If not, it is requested again.
    /// </summary>
    private async Task RecognizeAsync(Copy copy, RetrievedMail content, CancellationToken ct)
    {
        var sha256 = Digest.FromHash(await SHA256.HashDataAsync(content, ct));
        if (visit.Known.IsDurable(new(sha256, HasUidl: false, copy.Of.Mail.Bytes)))
        {
            unwritten.Enqueue(new(null, copy.Of.Mail.Numbers));
            visit.Tally.Recognized(copy.Of.Mail);
        }
        else
        {
            copies.Add(copy with { IsNew = true });
        }
    }

    /// <summary>Writes the rows, and only then marks their mails as deletable.</summary>
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

    /// <summary>A durable mail.</summary>
    /// <param name="Durable">The entry to write; null if it has one.</param>
    /// <param name="Numbers">The message numbers that may be deleted once the entry is written.</param>
    private sealed record Outcome(DurableMail? Durable, ImmutableArray<int> Numbers);

    /// <summary>A listed mail, and how many of its copies are still missing.</summary>
    private sealed class Fetched(MailListing mail)
    {
        private int left = mail.Numbers.Length;

        public MailListing Mail => mail;

        /// <summary>Counts a stored copy; true if it was the last one.</summary>
        public bool IsLastCopy() => Interlocked.Decrement(ref left) == 0;
    }

    private sealed record Copy(Fetched Of, int Number, bool IsNew = false);
}
