using System.CommandLine;
using MailDepot.Archive;
using MailDepot.Host.Terminal;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot get ID</c>: the mail itself, to standard output or a file.</summary>
internal static class GetCommand
{
    public static Command Make() => MakeFor(
        "get",
        "Get the mail (.eml) on standard output, or in a file with --output.",
        receipt => receipt.Document.Sha256,
        async (reader, receipt, destination, ct) =>
        {
            await using var document = await reader.OpenDocumentAsync(receipt, ct);
            await document.CopyToAsync(destination, ct);
        });

    /// <summary>A verb that writes bytes of a receipt and checks them against their digest.</summary>
    internal static Command MakeFor(
        string name, string description, Func<Receipt, Digest> digest, Func<ArchiveReader, Receipt, Stream, CancellationToken, Task> write)
    {
        var id = ReceiptId.Argument();
        var command = new Command(name, description) { id };
        var output = new MailOutput(command);
        command.SetAction(async (parsed, ct) =>
        {
            output.Check(parsed);
            await using var depot = OpenDepot.For(parsed);
            if (await ReceiptId.FindAsync(depot, parsed.GetRequiredValue(id), ct) is not { Receipt: { } receipt } found
                || await output.WriteAsync(parsed, digest(receipt), "the ledger", "the archive", WriteAsync, ct) is not { } written)
            {
                return CommandLine.NotDone;
            }

            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(new { receipt.Id, found.FoldedTicket, written.File, written.Bytes, written.Sha256 });
            }

            return CommandLine.Done;

            Task WriteAsync(Stream destination, CancellationToken token) =>
                write(depot.Get<ArchiveReader>(), receipt, destination, token);
        });
        return command;
    }
}
