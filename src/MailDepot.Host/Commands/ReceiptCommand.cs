using System.CommandLine;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot receipt raw ID</c>: the mail as it was received, bit for bit.</summary>
internal static class ReceiptCommand
{
    public static Command Make() => new("receipt", "What a delivery was, beyond the mail itself.")
    {
        GetCommand.MakeFor(
            "raw",
            "Get the delivery as it was received, bit for bit: a journal report with its wrapper.",
            receipt => receipt.RawSha256,
            (reader, receipt, destination, ct) => reader.WriteRawAsync(receipt, destination, ct)),
    };
}
