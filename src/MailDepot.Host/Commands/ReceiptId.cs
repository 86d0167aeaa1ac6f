using System.CommandLine;
using System.CommandLine.Parsing;
using MailDepot.Archive;
using MailDepot.Index;
using MailDepot.Ledger;

namespace MailDepot.Host.Commands;

/// <summary>The argument ID of several verbs, and the receipt that it names.</summary>
internal static class ReceiptId
{
    /// <summary>Candidates that the sentence about an ambiguous beginning names.</summary>
    private const int NamedCandidates = 5;

    public static Argument<IdPrefix> Argument() => new("ID")
    {
        CustomParser = IdPrefix.Parse,
        Description = $"The receipt's id, as `maildepot list` and `maildepot log` show it, or its beginning: at least {IdPrefix.LeastDigits} digits.",
    };

    /// <summary>A whole id; anything else is one sentence.</summary>
    public static Guid Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!Guid.TryParse(text, out var id))
        {
            result.AddError(Wrong(text));
        }

        return id;
    }

    /// <summary>The sentence about what is no id.</summary>
    public static string Wrong(string text) => $"'{text}' is no id: an id looks like 019a0b1c-2d3e-7f40-8a51-62b3c4d5e6f7, and `maildepot list` shows them.";

    /// <summary>The receipt whose id begins so, or into which the ticket whose id begins so was folded; null after saying that there is none, or several.</summary>
    public static async Task<FoundReceipt?> FindAsync(OpenDepot depot, IdPrefix prefix, CancellationToken ct)
    {
        if (prefix.First == prefix.Last)
        {
            return await FindAsync(depot, prefix.First, ct);
        }

        var ids = await depot.Get<IndexReader>().IdsBetweenAsync(prefix.First, prefix.Last, ct).Take(NamedCandidates + 1).ToListAsync(ct);
        if (ids.Count == 1)
        {
            return await FindAsync(depot, ids[0], ct);
        }

        await Console.Error.WriteLineAsync(ids.Count == 0
            ? $"{CommandLine.Name}: No receipt's id begins with {prefix.Text}: `maildepot list` shows those there are; one just accepted may still wait in the queue (`maildepot status`)."
            : $"{CommandLine.Name}: Several ids begin with {prefix.Text}; give more of the one that is meant: {string.Join(", ", ids.Take(NamedCandidates).Select(id => id.ToString("D")))}{(ids.Count > NamedCandidates ? ", …" : "")}.");
        return null;
    }

    private static async Task<FoundReceipt?> FindAsync(OpenDepot depot, Guid id, CancellationToken ct)
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

        return receipt is null ? null : new FoundReceipt(receipt, id);
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

/// <summary>What an id led to.</summary>
/// <param name="Receipt">The receipt of this id, or the one that the ticket of this id was folded into.</param>
/// <param name="Asked">The whole id that was asked for.</param>
internal sealed record FoundReceipt(Receipt Receipt, Guid Asked)
{
    /// <summary>The ticket that was asked for, where it was folded; null if the receipt is its own.</summary>
    public Guid? FoldedTicket => Receipt.Id == Asked ? null : Asked;
}
