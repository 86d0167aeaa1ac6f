using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Ledger;

/// <summary>
/// What a later reading of a receipt's mail found: a facts line of the ledger. The receipt's first line says what arrived,
/// its last facts line what that mail says.
/// </summary>
/// <remarks>
/// Id, times, source, document, wrapper and delivery key are no facts: no reading changes them. One reading makes the
/// same line every time.
/// </remarks>
public sealed record LaterFacts
{
    /// <summary>The receipt's id. The line's first property: so a facts line is told from a receipt's.</summary>
    [JsonPropertyName("facts"), JsonPropertyOrder(-1)]
    public required Guid Receipt { get; init; }

    /// <summary>The format's version.</summary>
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

    /// <summary>The facts that a receipt has.</summary>
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

    /// <summary>Whether another reading found the same, to the last detail; by which version of the reader does not matter.</summary>
    public bool SameAs(LaterFacts other) => LedgerLine.Write(this with { Reader = other.Reader }).AsSpan().SequenceEqual(LedgerLine.Write(other));
}
