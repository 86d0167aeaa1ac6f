using System.CommandLine;
using System.CommandLine.Parsing;
using MailDepot.Host.Terminal;
using MailDepot.Views;

namespace MailDepot.Host.Commands;

/// <summary>The argument ID of several verbs, and the receipt that it names.</summary>
internal static class ReceiptId
{
    public static Argument<IdPrefix> Argument() => new("ID")
    {
        CustomParser = Parse,
        Description =
            $"The receipt's id, as `maildepot list` and `maildepot log` show it, or its beginning: at least {IdPrefix.MinDigits} digits.",
    };

    /// <summary>Parses an id or its beginning; anything else is an error on the command line.</summary>
    public static IdPrefix? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (IdPrefix.Parse(text) is not { } prefix)
        {
            result.AddError(Wrong(text));
            return null;
        }

        return prefix;
    }

    private static string Wrong(string text) =>
        $"'{text}' is no id: an id looks like 019a0b1c-2d3e-7f40-8a51-62b3c4d5e6f7, and `maildepot list` shows them.";

    /// <summary>Finds the mail by its id or the beginning of it; if there is none, says why on standard error and returns null.</summary>
    /// <remarks>That a ticket was folded is said there too: standard output belongs to the mail.</remarks>
    public static async Task<FoundMail?> FindAsync(OpenDepot depot, IdPrefix prefix, CancellationToken ct)
    {
        var found = await depot.Get<MailView>().FindAsync(prefix, ct);
        if (Remark(found, prefix) is { } sentence)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: {sentence}");
        }

        return found.Receipt is null ? null : found;
    }

    private static string? Remark(FoundMail found, IdPrefix prefix) => found switch
    {
        { Receipt.Id: var receipt, FoldedTicket: { } ticket } =>
            $"{ticket:D} was the same delivery as receipt {receipt:D} and was folded into it: this is receipt {receipt:D}.",
        { Receipt: not null } => null,
        { Deleted: { } deleted } =>
            $"Ticket {found.Id:D} was deleted from quarantine on {Output.Time(deleted.Time)} because: {Output.Plain(deleted.Why)} "
            + $"(`maildepot quarantine show {found.Id:D}` says more).",
        { Id: { } id, IsQuarantined: true } =>
            $"Ticket {id:D} is in quarantine: see `maildepot quarantine show {id:D}`.",
        { Id: { } id } =>
            $"No archive container has a receipt {id:D}: `maildepot list` shows those there are; "
            + "one just accepted may still wait in the queue (`maildepot status`).",
        { Candidates.IsEmpty: true } =>
            $"No receipt's id begins with {prefix.Text}: `maildepot list` shows those there are; "
            + "one just accepted may still wait in the queue (`maildepot status`).",
        _ =>
            $"Several ids begin with {prefix.Text}; give more of the one you mean: "
            + $"{string.Join(", ", found.Candidates.Select(id => id.ToString("D")))}{(found.HasMore ? ", …" : "")}.",
    };
}
