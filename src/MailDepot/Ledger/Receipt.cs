using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json.Serialization;
using MailDepot.Documents;
using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Ledger;

/// <summary>The record that a document arrived: when, how, for whom. One ledger line; every index row is made from it.</summary>
/// <remarks>Made from the ticket, the mail and the stored document, so that every attempt at a ticket makes the same line.</remarks>
public sealed record Receipt
{
    /// <summary>Format version.</summary>
    public int V { get; init; } = 1;

    /// <summary>The ticket's id: UUID version 7 from the same clock reading as <see cref="Received"/>.</summary>
    public required Guid Id { get; init; }

    /// <summary>The archive container's name.</summary>
    public required string Container { get; init; }

    /// <summary>What makes two arrivals the same delivery.</summary>
    public required Digest DeliveryKey { get; init; }

    /// <summary>When the mail began to arrive, UTC.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>Where the mail came from, with its envelope.</summary>
    public required MailSource Source { get; init; }

    /// <summary>Size as received.</summary>
    public required long RawBytes { get; init; }

    /// <summary>SHA-256 as received: proves that wrapper and document add up to what arrived.</summary>
    public required Digest RawSha256 { get; init; }

    /// <summary>Where the message itself is.</summary>
    public required DocumentPlace Document { get; init; }

    /// <summary>Id of the receipt that brought the document: this one's, or that of an earlier delivery.</summary>
    public required Guid DocumentFirst { get; init; }

    /// <summary>
    /// The ticket that this receipt replaces as its document's first: it brought the document and was deleted from quarantine
    /// before it had a receipt. Null for nearly all.
    /// </summary>
    public Guid? InPlaceOf { get; init; }

    /// <summary>Whether this receipt brought the document.</summary>
    [JsonIgnore]
    public bool First => DocumentFirst == Id;

    /// <summary>What the journal report has around the message; null if the document is the whole mail.</summary>
    public Wrapper? Wrapper { get; init; }

    /// <summary>The report's own Message-ID.</summary>
    public string? ReportMessageId { get; init; }

    /// <summary>Sender and recipients according to the report.</summary>
    public JournalEnvelope? Journal { get; init; }

    /// <summary>What the message says about itself.</summary>
    public required MailFacts Mail { get; init; }

    /// <summary>What people should know about this receipt.</summary>
    public ImmutableArray<ReceiptFlag> Flags { get; init; } = [];

    /// <summary>Why it is flagged, as a sentence.</summary>
    public string? Doubt { get; init; }

    /// <summary>The reader version that found these facts (<see cref="MailReader.Version"/>); 1 if the line does not say.</summary>
    public int Reader { get; init; } = 1;
}

/// <summary>What a journal report has around the message.</summary>
/// <param name="Gzip">Gzip of head and tail, concatenated.</param>
/// <param name="HeadBytes">Size of the head; the rest is the tail.</param>
public sealed record Wrapper(byte[] Gzip, int HeadBytes)
{
    /// <summary>Compresses a report's head and tail.</summary>
    public static Wrapper Pack(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(head.Span);
            gzip.Write(tail.Span);
        }

        return new Wrapper(packed.ToArray(), head.Length);
    }

    /// <summary>Decompresses head and tail.</summary>
    public (ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Tail) Unpack()
    {
        var both = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(Gzip), CompressionMode.Decompress);
        gzip.CopyTo(both);
        var bytes = both.ToArray().AsMemory();
        return (bytes[..HeadBytes], bytes[HeadBytes..]);
    }
}

/// <summary>What is unusual about a receipt.</summary>
public enum ReceiptFlag
{
    /// <summary>The mail could not be parsed to its end; it is kept as received.</summary>
    Unparsed,

    /// <summary>It may be a journal report, but that is not certain; it is kept whole.</summary>
    JournalUncertain,

    /// <summary>It is a journal report with more than one mail attached, as for protected mail; it is kept whole.</summary>
    SeveralMails,

    /// <summary>It came to a journal address and is not a report.</summary>
    NoReport,

    /// <summary>It has more addresses than the index takes (<see cref="Participant.MaxPerReceipt"/>); the ledger has them all.</summary>
    AddressesCut,

    /// <summary>The server sent it in place of a mail that it can't convert; that mail is still in the mailbox.</summary>
    Substitute,
}
