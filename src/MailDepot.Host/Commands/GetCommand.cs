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
        var output = new Option<string?>("--output", "-o") { HelpName = "FILE", Description = "Write to this file; it must not exist." };
        var command = new Command(name, description) { id, output };
        command.SetAction(async (parsed, ct) =>
        {
            var (file, json) = (parsed.GetValue(output), parsed.GetValue(CommandLine.Json));
            if (json && file is null)
            {
                throw new UsageException("--json describes the file that was written: add --output FILE.");
            }

            await using var depot = OpenDepot.For(parsed);
            if (await ReceiptId.FindAsync(depot, parsed.GetRequiredValue(id), ct) is not { Receipt: { } receipt } found)
            {
                return CommandLine.NotDone;
            }

            await using var target = file is null ? Console.OpenStandardOutput() : Create(file);
            await using var written = new DigestStream(target);
            await write(depot.Get<ArchiveReader>(), receipt, written, ct);
            var (bytes, sha256) = (written.Length, written.Sha256);
            if (sha256 != digest(receipt))
            {
                await Console.Error.WriteLineAsync(
                    $"{CommandLine.Name}: What storage gave back has SHA-256 {sha256}, and the ledger says {digest(receipt)}: "
                    + $"the copy in the archive was altered{(file is null ? "" : $"; it is in {file}.part")}.");
                return CommandLine.NotDone;
            }

            if (file is not null)
            {
                await target.DisposeAsync();
                File.Move(Part(file), file);
            }

            if (json)
            {
                Output.Json(new { receipt.Id, found.FoldedTicket, File = file, Bytes = bytes, Sha256 = sha256 });
            }
            else if (file is not null)
            {
                Console.WriteLine($"{file}: {Output.Size(bytes)}, SHA-256 {sha256}, as the ledger says.");
            }

            return CommandLine.Done;
        });
        return command;
    }

    /// <summary>The file keeps this name until its digest is checked.</summary>
    private static string Part(string file) => $"{file}.part";

    private static FileStream Create(string file)
    {
        if (Path.Exists(file))
        {
            throw new UsageException($"{file} exists already: name another file, or remove it.");
        }

        return new FileStream(Part(file), FileMode.Create, FileAccess.Write);
    }
}
