using System.Collections.Frozen;
using System.Text;

using MimeKit.Text;

namespace MailDepot.Mail;

/// <summary>The text that a browser would show of an HTML mail, without its layout.</summary>
/// <remarks>
/// Uses MimeKit's tokenizer, which follows the HTML standard in one pass: a tree, as browsers build it, would take many times
/// the mail's size, and hostile HTML can make it grow without limit. Only blocks and line breaks start a line.
/// </remarks>
internal static class HtmlText
{
    /// <summary>Elements whose content is not rendered (HTML §15.3.1), and those of enriched text.</summary>
    private static readonly FrozenSet<string> Hidden = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "head", "script", "style", "title", "template", "noframes", "object", "select", "textarea", "param");

    /// <summary>Elements that start a line (HTML §15.3.3).</summary>
    private static readonly FrozenSet<string> Blocks = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "nl", "ol", "p",
        "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul");

    /// <summary>Elements that separate words, such as the cells of a row.</summary>
    private static readonly FrozenSet<string> Cells = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "td", "th", "option", "img");

    /// <summary>The text; lines end in LF. A tag cut off at the end is ignored (HTML §13.2.5, EOF in a tag).</summary>
    public static string Of(string html, bool isEnriched = false)
    {
        var text = new StringBuilder(Math.Min(html.Length, 64 * 1024));
        var tokens = new HtmlTokenizer(new StringReader(isEnriched ? AsHtml(html) : html)) { IgnoreTruncatedTags = true };
        var (hidden, depth) = ((string?)null, 0);
        while (tokens.ReadNextToken(out var token))
        {
            switch (token)
            {
                case HtmlTagToken tag when hidden is not null:
                    depth += !tag.Name.Equals(hidden, StringComparison.OrdinalIgnoreCase) || tag.IsEmptyElement ? 0
                        : tag.IsEndTag ? -1 : 1;
                    hidden = depth == 0 || tag.Name.Equals("body", StringComparison.OrdinalIgnoreCase) ? null : hidden;
                    break;
                case HtmlTagToken { IsEndTag: false, IsEmptyElement: false } tag
                    when Hidden.Contains(tag.Name) && (isEnriched || !tag.Name.Equals("param", StringComparison.OrdinalIgnoreCase)):
                    (hidden, depth) = (tag.Name, 1);
                    break;
                case HtmlTagToken tag when Blocks.Contains(tag.Name):
                    EndLine(text, isBreak: tag.Name.Equals("br", StringComparison.OrdinalIgnoreCase));
                    break;
                case HtmlTagToken tag when Cells.Contains(tag.Name):
                    Blank(text);
                    break;
                case HtmlDataToken data when hidden is null && token.Kind is HtmlTokenKind.Data or HtmlTokenKind.CData:
                    Append(text, data.Data, keepsLines: isEnriched);
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// Enriched text doubles a literal bracket (RFC 1896 §2), richtext writes it as a tag (RFC 1341 §7.1.3); ampersands are
    /// literal.
    /// </summary>
    private static string AsHtml(string enriched) => enriched
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<<", "&lt;", StringComparison.Ordinal)
        .Replace("<lt>", "&lt;", StringComparison.OrdinalIgnoreCase);

    /// <summary>Collapses white space, no-break spaces included, into one blank (HTML §15.3.5).</summary>
    private static void Append(StringBuilder text, string data, bool keepsLines)
    {
        foreach (var c in data)
        {
            if (c is '\n' && keepsLines)
            {
                _ = text.Append('\n');
            }
            else if (char.IsWhiteSpace(c))
            {
                Blank(text);
            }
            else if (c is not ('\u200B' or '\u200C' or '\u00AD' or '\uFEFF' or '\u034F'))
            {
                _ = text.Append(c);
            }
        }
    }

    private static void Blank(StringBuilder text)
    {
        if (text.Length > 0 && text[^1] is not (' ' or '\n'))
        {
            _ = text.Append(' ');
        }
    }

    /// <summary>Ends the line, if it has text; a line break also ends an empty one.</summary>
    private static void EndLine(StringBuilder text, bool isBreak)
    {
        if (text.Length > 0 && text[^1] == ' ')
        {
            text.Length--;
        }

        if (text.Length > 0 && (isBreak || text[^1] != '\n'))
        {
            _ = text.Append('\n');
        }
    }
}
