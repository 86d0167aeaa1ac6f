using System.CommandLine;
using MailDepot.Archive;
using MailDepot.Ledger;

namespace MailDepot.Host.Commands;

/// <summary>The argument ID of several verbs, and the receipt that it names.</summary>
internal static class ReceiptId
{
    public static Argument<string> Argument() => new("ID") { Description = "The receipt's id, as `maildepot list` shows it." };

    /// <exception cref="UsageException">It is no id.</exception>
    public static Guid Parse(string text) => Guid.TryParse(text, out var id) ? id : throw new UsageException(
        $"'{text}' is no id: an id looks like 019a0b1c-2d3e-7f40-8a51-62b3c4d5e6f7, and `maildepot list` shows them.");

    /// <summary>The receipt; null after telling that there is none.</summary>
    public static async Task<Receipt?> FindAsync(OpenDepot depot, string text, CancellationToken ct)
    {
        var id = Parse(text);
        var receipt = await depot.Get<ArchiveReader>().FindAsync(id, ct);
        if (receipt is null)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: No archive container has a receipt {id:D}: `maildepot list` shows those there are; one just accepted may still wait in the queue (`maildepot status`).");
        }

        return receipt;
    }
}
