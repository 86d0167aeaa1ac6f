using System.Globalization;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>The figures as Markdown, ratios first.</summary>
internal static class SmtpTables
{
    public static void Print(SmtpFigures figures)
    {
        if (figures.NullSpool.Length > 0)
        {
            PrintNullSpool(figures.NullSpool);
            PrintStorage(figures.Storage);
            PrintTls(figures.Tls);
        }

        if (figures.Flat is { } flat)
        {
            Console.WriteLine();
            var (early, late) = (Text($"{flat.After10Percent / 1e6:0} MB"), Text($"{flat.AfterAll / 1e6:0} MB"));
            Console.WriteLine($"RSS after {flat.Mails / 10} mails {early}, after {flat.Mails} mails {late}.");
        }

        if (figures.Unfinished is { } large)
        {
            var megabytes = large.PeakBytes / 1e6;
            var peak = Text($"peak RSS {megabytes:0} MB, {large.IdlePeakBytes / 1e6:0} MB when ready");
            var goal = Text($"goal < {UnfinishedFigures.GoalMegabytes:0} MB {Met(megabytes < UnfinishedFigures.GoalMegabytes)}");
            Console.WriteLine(Text($"{large.Mails} unfinished mails of {large.BytesEach / 1e6:0} MB: {peak}; {goal}."));
        }
    }

    private static void PrintNullSpool(IEnumerable<PointFigures> figures)
    {
        Row("KB", "sessions", "connections", "null spool : smtp-sink (rounds)", "goal", "null spool/s", "smtp-sink/s", "smtp-server/s");
        Row("---:", "---:", "---", "---", "---", "---:", "---:", "---:");
        foreach (var one in figures)
        {
            Row(
                Place(one.Point),
                Ratio(one.Ratio, one.Rounds),
                Goal(one.Goal, one.Ratio),
                Whole(one.Depot),
                Whole(one.Sink),
                Whole(one.SmtpServer));
        }
    }

    private static void PrintStorage(IEnumerable<StorageFigures> figures)
    {
        Console.WriteLine();
        Row("KB", "sessions", "connections", "with Azurite : raw puts (rounds)", "goal", "with Azurite/s", "raw puts/s");
        Row("---:", "---:", "---", "---", "---", "---:", "---:");
        foreach (var one in figures)
        {
            Row(
                Place(one.Point),
                Ratio(one.Ratio, one.Rounds),
                Goal(StorageFigures.Goal, one.Ratio),
                Whole(one.Depot),
                Whole(one.Puts));
        }
    }

    private static void PrintTls(IEnumerable<TlsFigures> figures)
    {
        Console.WriteLine();
        Row("KB", "sessions", "connections", "TLS : smtp-server's", "TLS : plain", "TLS/s", "plain/s", "smtp-server with TLS/s");
        Row("---:", "---:", "---", "---:", "---:", "---:", "---:", "---:");
        foreach (var one in figures)
        {
            Row(
                Place(one.Point),
                Hundredths(one.Tls / one.SmtpServerTls),
                Hundredths(one.Tls / one.Plain),
                Whole(one.Tls),
                Whole(one.Plain),
                Whole(one.SmtpServerTls));
        }
    }

    private static void Row(params string[] cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    /// <summary>The first three cells of a row.</summary>
    private static string Place(SmtpPoint point) =>
        Text($"{point.Kilobytes} | {point.Sessions} | {(point.Reused ? "reused" : "new")}");

    private static string Ratio(double ratio, IEnumerable<double> rounds) =>
        $"{Hundredths(ratio)} ({string.Join(", ", rounds.Select(Hundredths))})";

    private static string Goal(double goal, double ratio) => Text($"{goal:0.0} {Met(ratio >= goal)}");

    private static string Met(bool met) => met ? "met" : "**missed**";

    private static string Hundredths(double figure) => Text($"{figure:0.00}");

    private static string Whole(double figure) => Text($"{figure:0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
