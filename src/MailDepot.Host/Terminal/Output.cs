using System.CommandLine;
using System.Text.Json;
using MailDepot.Base;
using MailDepot.Mail;
using Spectre.Console;

namespace MailDepot.Host.Terminal;

/// <summary>What verbs print: text for people, one JSON value for programs.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Indented = new(DepotJson.Options) { WriteIndented = true };

    /// <summary>In columns: more than any table here needs.</summary>
    private const int LineWidth = 300;

    /// <summary>One JSON value, over several lines.</summary>
    public static void Json<T>(T value) => Console.WriteLine(JsonSerializer.Serialize(value, Indented));

    /// <summary>A sentence for a person or, with <c>--json</c>, a value for a program.</summary>
    public static void Answer<T>(ParseResult parsed, T value, string sentence)
    {
        if (parsed.GetValue(CommandLine.Json))
        {
            Json(value);
        }
        else
        {
            Console.WriteLine(Plain(sentence));
        }
    }

    /// <summary>One JSON value on one line.</summary>
    public static void JsonLine<T>(T value) => Console.WriteLine(JsonSerializer.Serialize(value, DepotJson.Options));

    /// <summary>A table without a frame; columns are as wide as their content.</summary>
    public static Table Columns(params string[] names)
    {
        var table = new Table().Border(TableBorder.None).Collapse();
        foreach (var name in names)
        {
            table.AddColumn(new TableColumn($"[bold]{Markup.Escape(name)}[/]").NoWrap().PadRight(2));
        }

        return table;
    }

    /// <summary>A row of plain text: markup and control characters from mails have no effect on the terminal.</summary>
    public static void Row(this Table table, params string?[] cells) =>
        table.AddRow([.. cells.Select(cell => new Text(Plain(cell)) { Overflow = Overflow.Ellipsis })]);

    /// <summary>A table of facts about one thing, a line each.</summary>
    public static Table Facts() =>
        new Table().Border(TableBorder.None).HideHeaders().AddColumn(new TableColumn("").NoWrap().PadRight(2)).AddColumn("");

    /// <summary>A line of <see cref="Facts"/>, as plain text as a <see cref="Row"/>; a fact without a value is left out.</summary>
    public static void Fact(this Table table, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            table.AddRow(new Markup($"[bold]{name}[/]"), new Text(Plain(value)));
        }
    }

    /// <summary>Prints a table on standard output: each row is one line, and a narrow terminal wraps it.</summary>
    public static void Print(Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = LineWidth;
        console.Write(table);
    }

    /// <summary>Blanks control characters (Unicode Cc, bidirectional overrides) in untrusted text: they could rewrite the screen.</summary>
    public static string Plain(string? text) => string.Concat((text ?? "").Select(c =>
        char.IsControl(c) || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') ? ' ' : c));

    /// <summary>The beginning of an id that `show` and `get` take: its time and 12 random bits (RFC 9562 §5.7).</summary>
    public static string ShortId(Guid id) => id.ToString("D")[..18];

    /// <summary>Local time to the second, as a list shows it.</summary>
    public static string Time(DateTimeOffset time) => $"{time.ToLocalTime():yyyy-MM-dd HH:mm:ss}";

    /// <summary>A number of bytes for people.</summary>
    public static string Size(long bytes) => ByteSize.Format(bytes);

    /// <summary>At most this many characters of a text; the last is an ellipsis if it was cut.</summary>
    public static string Short(string? text, int length) => text is null || text.Length <= length ? text ?? "" : $"{text[..(length - 1)]}…";
}
