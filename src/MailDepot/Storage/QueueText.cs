using System.Buffers;
using System.Buffers.Text;

namespace MailDepot.Storage;

/// <summary>A queue message as it is on the wire, for hosts that leave decoding to us.</summary>
/// <remarks>The Functions host must not decode: it would poison a message that is not base64 before any function sees it.</remarks>
public static class QueueText
{
    /// <summary>
    /// The bytes that the text encodes as base64. A text that is not base64 stands for its own bytes, as for
    /// <see cref="DepotStorage"/>'s clients.
    /// </summary>
    /// <param name="text">UTF-8.</param>
    public static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> text)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Base64.DecodeFromUtf8(text.Span, bytes, out _, out var written) is OperationStatus.Done ? bytes.AsMemory(0, written) : text;
    }
}
