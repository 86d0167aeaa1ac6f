using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>Limits and options of the MIME parser for untrusted mail.</summary>
internal static class MimeParsing
{
    /// <summary>
    /// Depth of nested parts. The parser recurses and compares each line that begins with <c>--</c> with every enclosing
    /// boundary; real mail stays below ten. Deeper content is read as a single part.
    /// </summary>
    public const int MaxDepth = 100;

    /// <summary>
    /// Bytes of one header field, or of anything else the parser would have to hold at once. Exchange accepts 256 KiB for a
    /// whole header (Set-ReceiveConnector, MaxHeaderSize).
    /// </summary>
    public const int MaxField = 1024 * 1024;

    /// <summary>MimeKit's lenient defaults, with our depth limit.</summary>
    public static ParserOptions Options { get; } = Create();

    /// <summary>
    /// Without tolerance for <c>Lind, Anna &lt;anna@example.com&gt;</c>: MimeKit searches for the bracket from each comma, and
    /// takes more than a minute for a field of 240 KiB such as <c>a,a,a,…</c>.
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
    /// Registers the legacy charsets before any code of this library runs. They are not built in, and MimeKit checks only once, at
    /// its first use, which of them are available: if it comes first, it never decodes ISO-2022-JP.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must run before the first use of MimeKit, even by MailKit in a test.")]
    internal static void RegisterCodePages() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
}
