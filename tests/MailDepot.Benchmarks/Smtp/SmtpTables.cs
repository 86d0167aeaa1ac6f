using System.Globalization;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>The figures as Markdown, ratios first.</summary>
internal static class SmtpTables
{
    public static void Print(SmtpFigures figures)
    {
        if (figures.NullSpool.Length > 0)
        {
            Line($"| KB | sessions | connections | null spool : smtp-sink (rounds) | goal | null spool/s | smtp-sink/s | smtp-server/s |");
            Line($"| ---: | ---: | --- | --- | --- | ---: | ---: | ---: |");
            foreach (var one in figures.NullSpool)
            {
                Line($"| {Place(one.Point)} | {one.Ratio:0.00} ({Rounds(one.Rounds)}) | {one.Goal:0.0} {Met(one.Ratio >= one.Goal)} | {one.Depot:0} | {one.Sink:0} | {one.SmtpServer:0} |");
            }

            Line($"");
            Line($"| KB | sessions | connections | with Azurite : raw puts (rounds) | goal | with Azurite/s | raw puts/s |");
            Line($"| ---: | ---: | --- | --- | --- | ---: | ---: |");
            foreach (var one in figures.Storage)
            {
                Line($"| {Place(one.Point)} | {one.Ratio:0.00} ({Rounds(one.Rounds)}) | {StorageFigures.Goal:0.0} {Met(one.Ratio >= StorageFigures.Goal)} | {one.Depot:0} | {one.Puts:0} |");
            }

            Line($"");
            Line($"| KB | sessions | connections | TLS : smtp-server's | TLS : plain | TLS/s | plain/s | smtp-server with TLS/s |");
            Line($"| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
            foreach (var one in figures.Tls)
            {
                Line($"| {Place(one.Point)} | {one.Tls / one.SmtpServerTls:0.00} | {one.Tls / one.Plain:0.00} | {one.Tls:0} | {one.Plain:0} | {one.SmtpServerTls:0} |");
            }
        }

        if (figures.Flat is { } flat)
        {
            Line($"");
            Line($"RSS after {flat.Mails / 10} mails {flat.After10Percent / 1e6:0} MB, after {flat.Mails} mails {flat.AfterAll / 1e6:0} MB.");
        }

        if (figures.Unfinished is { } large)
        {
            Line($"{large.Mails} unfinished mails of {large.BytesEach / 1e6:0} MB: peak RSS {large.PeakBytes / 1e6:0} MB, {large.IdlePeakBytes / 1e6:0} MB when ready; goal < {UnfinishedFigures.GoalMegabytes:0} MB {Met(large.PeakBytes / 1e6 < UnfinishedFigures.GoalMegabytes)}.");
        }
    }

    private static string Place(SmtpPoint point) => string.Create(CultureInfo.InvariantCulture, $"{point.Kilobytes} | {point.Sessions} | {(point.Reused ? "reused" : "new")}");

    private static string Rounds(IEnumerable<double> rounds) => string.Join(", ", rounds.Select(round => round.ToString("0.00", CultureInfo.InvariantCulture)));

    private static string Met(bool met) => met ? "met" : "**missed**";

    private static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
