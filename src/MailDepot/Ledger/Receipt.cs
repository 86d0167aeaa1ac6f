using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json.Serialization;
using MailDepot.Documents;
using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Ledger;

/// <summary>The record that a document arrived: when, how, for whom. One line of the ledger; every index row is made from it.</summary>
/// <remarks>Made from ticket, mail and the document as it is stored, so that every attempt at one ticket makes the same line.</remarks>
public sealed record Receipt
{
    /// <summary>The format's version.</summary>
    public int V { get; init; } = 1;

    /// <summary>The ticket's id: UUID version 7 from the clock reading that <see cref="Received"/> is.</summary>
    public required Guid Id { get; init; }

    /// <summary>The archive container's name.</summary>
    public required string Container { get; init; }

    /// <summary>What makes two arrivals the same delivery.</summary>
    public required Digest DeliveryKey { get; init; }

    /// <summary>When the mail began to arrive, UTC.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>The connector's view, with the envelope.</summary>
    public required MailSource Source { get; init; }

    /// <summary>Octets as received.</summary>
    public required long RawBytes { get; init; }

    /// <summary>Of the octets as received: proves that wrapper and document join to what came.</summary>
    public required Digest RawSha256 { get; init; }

    /// <summary>The message itself.</summary>
    public required DocumentPlace Document { get; init; }

    /// <summary>Id of the receipt that the document came with: its own, or, from a document's second delivery on, that one's.</summary>
    public required Guid DocumentFirst { get; init; }

    /// <summary>
    /// The ticket whose place this receipt takes as its document's first: it brought the document, and was deleted from
    /// quarantine before it had a receipt. Null for nearly all.
    /// </summary>
    public Guid? InPlaceOf { get; init; }

    /// <summary>The document came with this receipt.</summary>
    [JsonIgnore]
    public bool First => DocumentFirst == Id;

    /// <summary>What a journal report put around the message; null if the document is the whole mail.</summary>
    public Wrapper? Wrapper { get; init; }

    /// <summary>The report's own Message-ID.</summary>
    public string? ReportMessageId { get; init; }

    /// <summary>What the report says of sender and recipients.</summary>
    public JournalEnvelope? Journal { get; init; }

    /// <summary>What the message says of itself.</summary>
    public required MailFacts Mail { get; init; }

    /// <summary>What a person should know about this receipt.</summary>
    public ImmutableArray<ReceiptFlag> Flags { get; init; } = [];

    /// <summary>Why it is flagged, in words.</summary>
    public string? Doubt { get; init; }

    /// <summary>The reader version that found these facts (<see cref="MailReader.Version"/>); lines that say none were read by 1.</summary>
    public int Reader { get; init; } = 1;

    /// <summary>
    /// The document is the report itself, and its text names the hidden recipients (<see cref="Participant.Hidden"/>):
    /// it is for those only who may see them.
    /// </summary>
    [JsonIgnore]
    public bool DocumentNamesHidden => Journal is not null && Wrapper is null;
}

/// <summary>What stood around the message in a journal report.</summary>
/// <param name="Gzip">Gzip of head and tail, one after the other.</param>
/// <param name="HeadBytes">Octets of the head; the rest is the tail.</param>
public sealed record Wrapper(byte[] Gzip, int HeadBytes)
{
    /// <summary>Packs a report's head and tail.</summary>
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

    /// <summary>Unpacks them again.</summary>
    public (ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Tail) Unpack()
    {
        var both = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(Gzip), CompressionMode.Decompress);
        gzip.CopyTo(both);
        var octets = both.ToArray().AsMemory();
        return (octets[..HeadBytes], octets[HeadBytes..]);
    }
}

/// <summary>Marks on a receipt.</summary>
public enum ReceiptFlag
{
    /// <summary>The mail could not be parsed to its end; it is kept as it came.</summary>
    Unparsed,

    /// <summary>It looks like a journal report, but is not one for certain; it is kept whole.</summary>
    JournalUncertain,

    /// <summary>It is a journal report with more than one mail attached, as for protected mail; it is kept whole, with all of them.</summary>
    SeveralMails,

    /// <summary>It came to a journal address and is no report.</summary>
    NoReport,

    /// <summary>It names more addresses than the index takes (<see cref="Participant.MaxPerReceipt"/>); the ledger has them all.</summary>
    AddressesCut,

    /// <summary>It is what the server sent in place of a mail that it can't convert; the mail itself stayed in the mailbox.</summary>
    Substitute,
}
