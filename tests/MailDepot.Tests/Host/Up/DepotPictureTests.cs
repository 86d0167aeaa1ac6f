using System.Collections.Immutable;
using System.Text.RegularExpressions;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Host.Terminal;
using MailDepot.Host.Up;
using MailDepot.Index;
using MailDepot.Views;
using Spectre.Console;

namespace MailDepot.Tests.Host.Up;

/// <summary>The live picture on terminals of several widths, with texts that are longer than any of them.</summary>
public sealed partial class DepotPictureTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Mail = Guid.Parse("01a22c99-f46e-71fa-b2ed-9a344be3816a");
    private static readonly Guid Other = Guid.Parse("01a22c99-ef31-716c-926a-d0a86d01c618");
    private static readonly string Long = string.Join(' ', Enumerable.Repeat("quarterly figures 四半期の数字", 10));

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(150)]
    public void Every_row_is_a_line_and_no_id_or_date_is_cut(int width)
    {
        var lines = Lines(Full, width);

        Assert.All(lines, line => Assert.True(new Spectre.Console.Rendering.Segment(line).CellCount() <= width, line));
        Assert.Equal(3 + 2 + 1 + 2 + 1 + 3 + 1 + Full.Events.Length, lines.Count);
        Assert.Equal(
            Full.Mails.Mails.Count + Full.Events.Count(e => e.Id != Guid.Empty),
            lines.Count(line => Id().IsMatch(line[..Math.Min(line.Length, 42)])));
        Assert.All(lines.SelectMany(line => Hex().Matches(line)), piece => Assert.Matches(Id(), piece.Value));
        Assert.All(lines.SelectMany(line => DateLike().Matches(line)), piece => Assert.Matches(Date(), piece.Value));
        Assert.Contains(lines, line => line.StartsWith("accounts-p", StringComparison.Ordinal) && Date().IsMatch(line));
    }

    [Fact]
    public void At_100_columns_sender_recipient_and_subject_fit_and_ids_are_as_show_takes_them()
    {
        var lines = Lines(Full, 100);
        Assert.Contains(lines, line => Headings().IsMatch(line));
        Assert.Contains(lines, line => line.StartsWith($"{Mail:D}"[..18] + "  ", StringComparison.Ordinal));
    }

    [Fact]
    public void An_event_on_a_pipe_has_its_complete_id() => Assert.EndsWith(
        $"  archived    {Mail:D}  It is there.",
        EventText.Line(new(Now, EventKind.Archived, Mail, "It is there.")),
        StringComparison.Ordinal);

    private static DepotPicture Full => new("SMTP on 127.0.0.1:2525", Now)
    {
        Status = new DepotStatus(
            new TicketQueue(12_345, Now, 3, 1),
            ImmutableSortedDictionary<string, ContainerCount>.Empty.Add(
                "accounts-payable-and-receivable-2026",
                new(1_234_567, 1_234_560, 98_765_432_109, 45_678_901_234, Now, Now))),
        Mailboxes =
        [
            ListedMailbox.Of(
                new Mailbox(
                    new MailboxOptions { Name = "accounts-payable", Host = "outlook.office365.example.com", Port = 995 },
                    Configured: true,
                    Enabled: true,
                    new MailboxState { Succeeded = Now, Asked = Now, Polled = Now, Collected = 1_234_567, Result = Long }),
                Now),
        ],
        Mails = new(
            [
                new()
                {
                    Id = Mail,
                    Container = "default",
                    Received = Now,
                    From = Long,
                    Recipients = Long,
                    Subject = Long,
                    Bytes = 10_263_877,
                },
                new() { Id = Other, Container = "default", Received = Now, From = "a@example.com", Subject = "short", Bytes = 1 },
            ],
            null),
        Events =
        [
            new(Now, EventKind.Received, Mail, Long),
            new(
                Now,
                EventKind.Duplicate,
                Mail,
                $"The same delivery as receipt {Other} arrived again from <{new string('x', 100)}@example.com>"),
            .. Enumerable.Range(0, 90).Select(at => new DepotEvent(
                Now,
                EventKind.Archived,
                Mail,
                $"{new string('x', at)} {Other} and more of it that makes the line longer than the terminal is")),
            new(Now, EventKind.Warned, Guid.Empty, Long),
        ],
    };

    private static List<string> Lines(DepotPicture picture, int width)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        console.Write(picture.Draw(width));
        return [.. text.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r', ' '))];
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Id();

    /// <summary>An id, or a piece of one.</summary>
    [GeneratedRegex("01a22c[0-9a-f-]*", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Hex();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Date();

    /// <summary>A date, or the beginning of one.</summary>
    [GeneratedRegex(@"2026-1[\d: -]*", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex DateLike();

    [GeneratedRegex("^id +received +from +to +size +subject", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Headings();
}
