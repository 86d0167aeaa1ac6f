using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Ledger;

/// <summary>
/// What a later reading of a receipt's mail found: a facts line of the ledger. The receipt's first line says what arrived, its
/// last facts line what the mail says.
/// </summary>
/// <remarks>
/// Id, times, source, document, wrapper and delivery key are not facts: no reading changes them. The same reading always makes
/// the same line.
/// </remarks>
public sealed record LaterFacts
{
    /// <summary>The receipt's id. The line's first property, which distinguishes it from a receipt's line.</summary>
    [JsonPropertyName("facts"), JsonPropertyOrder(-1)]
    public required Guid Receipt { get; init; }

    /// <summary>Format version.</summary>
    public int V { get; init; } = 1;

    /// <inheritdoc cref="Ledger.Receipt.Container"/>
    public required string Container { get; init; }

    /// <inheritdoc cref="Ledger.Receipt.ReportMessageId"/>
    public string? ReportMessageId { get; init; }

    /// <inheritdoc cref="Ledger.Receipt.Journal"/>
    public JournalEnvelope? Journal { get; init; }

    /// <inheritdoc cref="Ledger.Receipt.Mail"/>
    public required MailFacts Mail { get; init; }

    /// <inheritdoc cref="Ledger.Receipt.Flags"/>
    public ImmutableArray<ReceiptFlag> Flags { get; init; } = [];

    /// <inheritdoc cref="Ledger.Receipt.Doubt"/>
    public string? Doubt { get; init; }

    /// <inheritdoc cref="Ledger.Receipt.Reader"/>
    public int Reader { get; init; } = 1;

    /// <summary>The facts of a receipt.</summary>
    public static LaterFacts Of(Receipt receipt) => new()
    {
        Receipt = receipt.Id,
        Container = receipt.Container,
        ReportMessageId = receipt.ReportMessageId,
        Journal = receipt.Journal,
        Mail = receipt.Mail,
        Flags = receipt.Flags,
        Doubt = receipt.Doubt,
        Reader = receipt.Reader,
    };

    /// <summary>The receipt with these facts.</summary>
    public Receipt ApplyTo(Receipt receipt) => receipt with
    {
        ReportMessageId = ReportMessageId,
        Journal = Journal,
        Mail = Mail,
        Flags = Flags,
        Doubt = Doubt,
        Reader = Reader,
    };

    /// <summary>Whether another reading found exactly the same; the reader's version does not matter.</summary>
    public bool SameAs(LaterFacts other) =>
        LedgerLine.Write(this with { Reader = other.Reader }).AsSpan().SequenceEqual(LedgerLine.Write(other));
}
