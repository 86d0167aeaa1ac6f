using MailDepot.Index;
using Spectre.Console;

namespace MailDepot.Host.Terminal;

/// <summary>Mails as lists show them, in verbs, in the picture of <c>up</c>, and at the end of the demo.</summary>
internal static class MailTable
{
    /// <summary>The page as a table, and how to get the next.</summary>
    public static void Print(MailPage page, bool roles)
    {
        if (page.Mails.Count == 0)
        {
            Console.WriteLine("No mails.");
            return;
        }

        Output.Print(Make(page, roles));
        PrintNext(page);
    }

    /// <summary>How to get the next page, if there is one.</summary>
    public static void PrintNext(MailPage page)
    {
        if (page.Next is { } next)
        {
            Console.WriteLine($"More: add --after {next:D}");
        }
    }

    /// <summary>One line per mail.</summary>
    private static Table Make(MailPage page, bool roles)
    {
        var table = Output.Columns("id", "received", "from", roles ? "roles" : "to", "size", "subject");
        foreach (var cells in Cells(page, roles))
        {
            table.Row(cells);
        }

        return table;
    }

    /// <summary>The cells of each line; ids are not shortened.</summary>
    public static IEnumerable<string[]> Cells(MailPage page, bool roles) => page.Mails.Select(mail => new[]
    {
        mail.Id.ToString("D"), Output.Time(mail.Received), Output.Short(mail.From, 32),
        Output.Short(roles ? mail.Roles : Recipients(mail), 36),
        Output.Size(mail.Bytes), Output.Short(mail.Subject ?? "(no subject)", 60) + (mail.Flags is null ? "" : $"  ({mail.Flags})"),
    });

    /// <summary>The recipients; those that the mail's header does not name follow the word "hidden".</summary>
    private static string? Recipients(ListedMail mail) => mail switch
    {
        { HiddenRecipients: null } => mail.Recipients,
        { Recipients: null or "" } => $"hidden: {mail.HiddenRecipients}",
        _ => $"{mail.Recipients}; hidden: {mail.HiddenRecipients}",
    };
}
