using System.Collections.Immutable;
using MailDepot.Archive;
using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Host.Inspect;

/// <summary>What the archive would make of a mail that arrived at a journal address: facts, recipients, and doubts.</summary>
/// <param name="File">Its path as given; <c>-</c> for standard input.</param>
/// <param name="Is">What it is taken for.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Of all its bytes.</param>
public sealed record Inspection(string File, InspectedKind Is, long Bytes, Digest Sha256)
{
    /// <summary>What the report's envelope says besides its recipients; null for a mail.</summary>
    public JournalEnvelope? Envelope { get; init; }

    /// <summary>For a report, those of its envelope; for a mail, those of its header.</summary>
    public ImmutableArray<InspectedRecipient> Recipients { get; init; } = [];

    /// <summary>Of the mail, or of the mail inside a report that can be split.</summary>
    public required MailFacts Facts { get; init; }

    /// <summary>The text that a person would read; of a report that can be split, that of the mail inside. Null if none.</summary>
    public BodyText? Text { get; init; }

    /// <summary>Messages that are attached to it directly.</summary>
    public ImmutableArray<InspectedMessage> Messages { get; init; } = [];

    /// <summary>The marks that its receipt would have.</summary>
    public ImmutableArray<ReceiptFlag> Flags { get; init; } = [];

    /// <summary>Why it is flagged, for people.</summary>
    public string? Doubt { get; init; }

    /// <summary>Reads a mail as if it had arrived where Exchange journals to. No content makes it throw.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="open">Opens it at its first byte; called once for its facts, once for its text, and once per report inside.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<Inspection> ReadAsync(string file, Func<CancellationToken, Task<Stream>> open, CancellationToken ct)
    {
        var reading = await ArchiveReading.ReadAsync(open, fromJournal: true, ct);
        var (mail, report) = (reading.Mail, reading.Report);
        return new Inspection(file, KindOf(report), mail.Bytes, mail.Sha256)
        {
            Envelope = report?.Envelope is { } envelope ? envelope with { Recipients = [] } : null,
            Recipients = [.. report is null ? InHeader(reading.Facts) : report.Envelope.Recipients.Select(Of)],
            Facts = reading.Facts,
            Text = await TextAsync(open, report, ct),
            Messages =
            [
                .. mail.Messages.Select(message =>
                    new InspectedMessage(message.Offset, message.Length, message.Facts.Subject, message.ClaimsJournalReport)),
            ],
            Flags = [.. reading.Marks()],
            Doubt = reading.Doubt,
        };
    }

    /// <summary>The text of the document: of the mail inside a report, or of the whole file.</summary>
    private static async Task<BodyText?> TextAsync(Func<CancellationToken, Task<Stream>> open, JournalReport? report, CancellationToken ct)
    {
        await using var document = report?.Split is { } split ? await JournalReader.OpenInsideAsync(open, split, ct) : await open(ct);
        return (await MailReader.ReadWithTextAsync(document, null, ct)).Texts.FirstOrDefault(text => text.Message == 0);
    }

    private static InspectedKind KindOf(JournalReport? report) => report switch
    {
        null => InspectedKind.Mail,
        { Split: null } => InspectedKind.UncertainReport,
        _ => InspectedKind.Report,
    };

    private static IEnumerable<InspectedRecipient> InHeader(MailFacts facts) =>
    [
        .. In(facts.To, RecipientKind.To),
        .. In(facts.Cc, RecipientKind.Cc),
        .. In(facts.Bcc, RecipientKind.Bcc),
    ];

    private static IEnumerable<InspectedRecipient> In(ImmutableArray<EmailAddress> field, RecipientKind kind) =>
        field.Where(one => one.Address.Length > 0).Select(one => new InspectedRecipient(one.Address, kind, null));

    private static InspectedRecipient Of(JournalRecipient recipient) => new(
        recipient.Address, recipient.Kind,
        recipient.Expanded is { } list ? $"expanded from {list}" : recipient.Forwarded is { } by ? $"forwarded by {by}" : null);
}

/// <summary>What a mail is taken for.</summary>
public enum InspectedKind
{
    /// <summary>A mail: it does not claim to be anything else.</summary>
    Mail,

    /// <summary>A journal report that can be split, and joined again bit for bit.</summary>
    Report,

    /// <summary>It claims to be a journal report, and is kept whole because something in it is not certain.</summary>
    UncertainReport,
}

/// <summary>A recipient of the mail.</summary>
/// <param name="Address">As the report or the header has it.</param>
/// <param name="Kind">The role.</param>
/// <param name="Via">The list it was expanded from, or the mailbox that forwarded it.</param>
public sealed record InspectedRecipient(string Address, RecipientKind Kind, string? Via);

/// <summary>A message inside.</summary>
/// <param name="Offset">Of its first byte, counted from the mail's.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Subject">Its own.</param>
/// <param name="ClaimsReport">It claims to be a journal report: a report in a report, or one returned with an NDR.</param>
public sealed record InspectedMessage(long Offset, long Bytes, string? Subject, bool ClaimsReport);
