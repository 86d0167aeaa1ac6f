using System.Runtime.CompilerServices;
using MailDepot.Ledger;

namespace MailDepot.Testing;

/// <summary>Reads what a ledger holds.</summary>
public static class LedgerReading
{
    /// <summary>All receipts of an archive container with their latest facts, file by file; an id may appear more than once.</summary>
    public static async IAsyncEnumerable<Receipt> ReadAllAsync(
        this ReceiptLedger ledger, string container, [EnumeratorCancellation] CancellationToken ct)
    {
        var facts = await ledger.LastFactsAsync(container, null, ct);
        await foreach (var file in ledger.FilesAsync(container, ct).Where(file => file.HoldsReceipts))
        {
            await foreach (var (_, line) in ledger.ReadFileAsync(container, file.Name, ct))
            {
                if (LedgerLine.ReadOrSkip(line.Span) is not { } receipt)
                {
                    continue;
                }

                yield return facts.TryGetValue(receipt.Id, out var place)
                    ? (await ledger.ReadFactsAsync(container, place, ct)).ApplyTo(receipt)
                    : receipt;
            }
        }
    }
}
