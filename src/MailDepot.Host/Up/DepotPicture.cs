using System.Collections.Immutable;
using System.Text.RegularExpressions;
using MailDepot.Events;
using MailDepot.Host.Terminal;
using MailDepot.Index;
using MailDepot.Views;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MailDepot.Host.Up;

/// <summary>What the live picture shows at one moment. From 80 columns up, no line wraps and no id or date is cut.</summary>
internal sealed partial record DepotPicture(string Connectors, DateTimeOffset Now)
{
    private static readonly ImmutableArray<FittedColumn> ContainerColumns =
        [new("archive container", Least: 12), new("documents"), new("receipts"), new("received"), new("stored"),
            new("first", Leaves: 1), new("last", Leaves: 2)];

    private static readonly ImmutableArray<FittedColumn> MailboxColumns =
    [
        new("mailbox", Least: 10), new("server", Least: 12, Leaves: 1), new("state"), new("last success"),
        new("waiting", Leaves: 4), new("collected", Leaves: 2), new("next run", Leaves: 3),
        new("last result", Least: 16),
    ];

    private static readonly ImmutableArray<FittedColumn> MailColumns =
        [new("id"), new("received"), new("from", Least: 12), new("to", Least: 12, Leaves: 1),
            new("size", Leaves: 2), new("subject", Least: 16)];

    public DepotStatus? Status { get; init; }

    public ImmutableArray<ListedMailbox> Mailboxes { get; init; } = [];

    public MailPage Mails { get; init; } = new([], null);

    public ImmutableArray<DepotEvent> Events { get; init; } = [];

    /// <summary>Why the picture is not up to date.</summary>
    public string? Trouble { get; init; }

    /// <summary>Draws everything for a terminal of this width, in columns.</summary>
    public Rows Draw(int width)
    {
        var queue = Status?.Queue ?? new TicketQueue(0, null, 0, 0);
        List<IRenderable> collected = Mailboxes.IsEmpty ? [] : [Table(MailboxColumns, MailboxTables.Cells(Mailboxes, Now)), new Text("")];
        return new Rows(
        [
            new Text(Connectors),
            new Text($"queue about {queue.Depth}   spool {queue.Spooled}   quarantine {queue.Quarantined}   Ctrl-C stops"),
            new Text(Trouble ?? ""),
            Table(ContainerColumns, ContainerTable.Cells(Status?.Containers ?? ImmutableSortedDictionary<string, ContainerCount>.Empty)),
            new Text(""),
            .. collected,
            Table(
                MailColumns,
                MailTable.Cells(Mails, roles: false).Select(row => (string[])[Output.ShortId(Guid.Parse(row[0])), .. row[1..]])),
            new Text(""),
            .. Events.Select(e => new Text(Fitted(e, width))),
        ]);

        Table Table(ImmutableArray<FittedColumn> columns, IEnumerable<string[]> rows) =>
            FittedTable.Make(columns, [.. rows.Select(row => row.Select(Output.Plain).ToArray())], width);
    }

    /// <summary>An event on one line; ids are shortened, and never cut.</summary>
    private static string Fitted(DepotEvent e, int width)
    {
        var line = Ids().Replace(EventText.Line(e), id => Output.ShortId(Guid.Parse(id.Value)));
        var cut = FittedTable.Cut(line, width);
        var end = cut.Length - 1;
        return cut == line || ShortIds().Matches(line).FirstOrDefault(id => id.Index < end && end < id.Index + id.Length) is not { } split
            ? cut
            : $"{line[..split.Index].TrimEnd()} …";
    }

    [GeneratedRegex(
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Ids();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ShortIds();
}
