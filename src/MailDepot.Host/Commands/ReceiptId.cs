using System.CommandLine;
using System.CommandLine.Parsing;
using MailDepot.Archive;
using MailDepot.Ledger;

namespace MailDepot.Host.Commands;

/// <summary>The argument ID of several verbs, and the receipt that it names.</summary>
internal static class ReceiptId
{
    public static Argument<Guid> Argument() => new("ID") { CustomParser = Parse, Description = "The receipt's id, as `maildepot list` shows it." };

    /// <summary>An id; anything else is one sentence.</summary>
    public static Guid Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!Guid.TryParse(text, out var id))
        {
            result.AddError($"'{text}' is no id: an id looks like 019a0b1c-2d3e-7f40-8a51-62b3c4d5e6f7, and `maildepot list` shows them.");
        }

        return id;
    }

    /// <summary>The receipt, or the one that a ticket of this id was folded into; null after saying that there is none.</summary>
    public static async Task<Receipt?> FindAsync(OpenDepot depot, Guid id, CancellationToken ct)
    {
        var receipt = await depot.Get<ArchiveReader>().FindAsync(id, ct) ?? await FoldedAsync(depot, id, ct);
        if (receipt is null && await depot.Get<Deletions>().FindAsync(id.ToString("D"), ct) is { } deleted)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: Ticket {id:D} was deleted from quarantine on {Output.Time(deleted.Time)} because: {Output.Plain(deleted.Why)} (`maildepot quarantine show {id:D}` says more).");
        }
        else if (receipt is null)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: No archive container has a receipt {id:D}: `maildepot list` shows those there are; one just accepted may still wait in the queue (`maildepot status`).");
        }

        return receipt;
    }

    /// <summary>The sentence goes to standard error: standard output is the mail's.</summary>
    private static async Task<Receipt?> FoldedAsync(OpenDepot depot, Guid id, CancellationToken ct)
    {
        if (await depot.Get<Deliveries>().FoldedIntoAsync(id, ct) is not { } other || await depot.Get<ArchiveReader>().FindAsync(other, ct) is not { } receipt)
        {
            return null;
        }

        await Console.Error.WriteLineAsync($"{CommandLine.Name}: {id:D} was the same delivery as receipt {other:D} and was folded into it: this is receipt {other:D}.");
        return receipt;
    }
}
