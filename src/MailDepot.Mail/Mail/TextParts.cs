using System.Buffers;
using System.Text;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>Collects the texts of a mail and of the messages inside it from their parts.</summary>
internal sealed class TextParts
{
    /// <summary>First bytes of HTML that may declare its charset (HTML §13.2.3.2).</summary>
    private const int MetaBytes = 1024;

    /// <summary>Charged to <see cref="Left"/> per part, besides its bytes: thousands of tiny parts would need a tokenizer each.</summary>
    private const int PartCost = 1024;

    private static readonly SearchValues<byte> NameEnds = SearchValues.Create("\"'; >/"u8);

    private readonly List<BodyText> texts = [];
    private readonly Stack<TextBuilder> open = [];

    /// <summary>Bytes that may still be extracted.</summary>
    public int Left { get; private set; } = BodyText.MaxBytes;

    /// <summary>In the order of their messages.</summary>
    public IEnumerable<BodyText> Texts => texts.OrderBy(text => text.Message);

    /// <summary>A message begins.</summary>
    public void BeginMessage() => open.Push(new TextBuilder());

    /// <summary>A message ends; with a negative number it is not kept.</summary>
    public void EndMessage(int number)
    {
        if (open.Pop().Finish(number) is { } text && number >= 0)
        {
            texts.Add(text);
        }
    }

    /// <summary>The mail itself ends, if the parser has not ended it.</summary>
    public void EndIfOpen()
    {
        if (open.Count > 0)
        {
            EndMessage(0);
        }
    }

    /// <summary>A multipart of the innermost message begins; end it on the builder returned.</summary>
    public TextBuilder BeginMultipart(ContentType type)
    {
        var builder = open.Peek();
        builder.Begin(type.IsMimeType("multipart", "alternative"));
        return builder;
    }

    /// <summary>Adds a text part that has been read.</summary>
    public void Add(ContentType type, PartContent content)
    {
        var bytes = content.Held.Span;
        Left = Math.Max(0, Left - bytes.Length - PartCost);
        var form = type.MediaSubtype.ToLowerInvariant() switch
        {
            "html" or "xhtml+xml" => TextForm.Html,
            "enriched" or "richtext" => TextForm.Enriched,
            _ => TextForm.Plain,
        };
        var (label, start) = Label(type, form, bytes);
        var text = Charsets.Decode(bytes[start..], label);
        open.Peek().Add(new TextPiece(
            form is TextForm.Plain ? text.Text : HtmlText.Of(text.Text, form is TextForm.Enriched), form, text.Charset, text.Guessed,
            IsCut: content.IsHeldCut, IsBody: form is not TextForm.Plain || type.IsMimeType("text", "plain")));
    }

    /// <summary>Adds the text of a winmail.dat, if it is one.</summary>
    public void Add(TnefContent? tnef)
    {
        if (tnef?.Body is { } body && body.Text.Length <= Left)
        {
            Left -= body.Text.Length;
            open.Peek().AddIfNone(new TextPiece(
                body.IsHtml ? HtmlText.Of(body.Text) : body.Text, body.IsHtml ? TextForm.Html : TextForm.Plain, "ms-tnef",
                Guessed: false, IsCut: false));
        }
    }

    /// <summary>The charset, by precedence: byte order mark, header, the HTML itself (HTML §13.2.3).</summary>
    private static (Encoding? Label, int Start) Label(ContentType type, TextForm form, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return (Encoding.UTF8, 3);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return (Encoding.Unicode, 2);
        }

        var label = Charsets.Find(type.Charset);
        var own = label is null && form is TextForm.Html ? Charsets.Find(Meta(bytes[..Math.Min(bytes.Length, MetaBytes)])) : null;
        return (label ?? (own is Utf7 ? null : own), 0); // HTML can't declare itself UTF-7 (HTML §13.2.3.2)
    }

    private static string? Meta(ReadOnlySpan<byte> beginning)
    {
        var at = beginning.IndexOf("charset="u8);
        if (at < 0)
        {
            return null;
        }

        var name = beginning[(at + "charset=".Length)..].TrimStart("\"' "u8);
        var end = name.IndexOfAny(NameEnds);
        return end > 0 ? Encoding.Latin1.GetString(name[..end]) : null;
    }
}
