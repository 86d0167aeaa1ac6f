using System.Collections.Frozen;
using System.Text;

using MimeKit.Text;

namespace MailDepot.Mail;

/// <summary>The text that a browser would show of HTML, without its layout.</summary>
/// <remarks>
/// MimeKit's tokenizer, which follows the HTML standard and goes forward: a tree, as a browser builds it, would take
/// many times the mail's size, and hostile HTML can make it grow without end. Only blocks and line breaks part lines.
/// </remarks>
internal static class HtmlText
{
    /// <summary>Elements whose content nobody sees (HTML §15.3.1), and those of enriched text.</summary>
    private static readonly FrozenSet<string> Hidden = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "head", "script", "style", "title", "template", "noframes", "object", "select", "textarea", "param");

    /// <summary>Elements that begin a line (HTML §15.3.3).</summary>
    private static readonly FrozenSet<string> Blocks = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "nl", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul");

    /// <summary>Cells of a row are words apart.</summary>
    private static readonly FrozenSet<string> Cells = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "td", "th", "option", "img");

    /// <summary>The text; lines end in LF. A tag that is cut off at the end says nothing (HTML §13.2.5, EOF in a tag).</summary>
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
                    depth += !tag.Name.Equals(hidden, StringComparison.OrdinalIgnoreCase) || tag.IsEmptyElement ? 0 : tag.IsEndTag ? -1 : 1;
                    hidden = depth == 0 || tag.Name.Equals("body", StringComparison.OrdinalIgnoreCase) ? null : hidden;
                    break;
                case HtmlTagToken { IsEndTag: false, IsEmptyElement: false } tag when Hidden.Contains(tag.Name) && (isEnriched || !tag.Name.Equals("param", StringComparison.OrdinalIgnoreCase)):
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

    /// <summary>Enriched text writes its bracket twice (RFC 1896 §2), richtext as a tag (RFC 1341 §7.1.3); an ampersand is only that.</summary>
    private static string AsHtml(string enriched) => enriched
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<<", "&lt;", StringComparison.Ordinal)
        .Replace("<lt>", "&lt;", StringComparison.OrdinalIgnoreCase);

    /// <summary>Runs of white space are one blank (HTML §15.3.5); a no-break space is one, too.</summary>
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

    /// <summary>A block begins a line, a break may leave one empty.</summary>
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
