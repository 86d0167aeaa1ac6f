using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>How far the MIME parser may go with a mail that anyone could have written.</summary>
internal static class MimeParsing
{
    /// <summary>
    /// Parts within parts. The parser recurses and compares each line that begins with <c>--</c> with every boundary
    /// above it; mail that people send stays below ten. What lies deeper is read as one part.
    /// </summary>
    public const int MaxDepth = 100;

    /// <summary>
    /// Octets of one header field, or of anything else the parser would have to hold at once. Exchange takes 256 KiB
    /// for a whole header (Set-ReceiveConnector, MaxHeaderSize).
    /// </summary>
    public const int MaxField = 1024 * 1024;

    /// <summary>Loose, as MimeKit is by default, with our depth.</summary>
    public static ParserOptions Options { get; } = Create();

    /// <summary>
    /// Without tolerance for <c>Lind, Anna &lt;anna@example.com&gt;</c>: MimeKit looks for the bracket from each comma on,
    /// and a field of 240 KiB such as <c>a,a,a,…</c> takes it more than a minute.
    /// </summary>
    public static ParserOptions Strict { get; } = CreateStrict();

    private static ParserOptions CreateStrict()
    {
        var options = Options.Clone();
        options.AllowUnquotedCommasInAddresses = false;
        return options;
    }

    private static ParserOptions Create() => new() { MaxMimeDepth = MaxDepth };

    /// <summary>
    /// The charsets of old mail are not built in, and MimeKit looks once, at its first use by anyone, which of them are
    /// there: later it would not decode ISO-2022-JP any more. So before any code of this library runs.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Whoever uses MimeKit first, be it MailKit in a test, uses it from here.")]
    internal static void RegisterCodePages() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
}
