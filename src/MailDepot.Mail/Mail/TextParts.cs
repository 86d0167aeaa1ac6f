using System.Buffers;
using System.Text;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>The texts of a mail and of the messages inside it, from the parts that hold them.</summary>
internal sealed class TextParts
{
    /// <summary>Octets of HTML in which it may name its charset (HTML §13.2.3.2).</summary>
    private const int MetaOctets = 1024;

    /// <summary>Octets that a part costs of <see cref="Left"/> beside its own: thousands of tiny ones would take a tokenizer each.</summary>
    private const int PartCost = 1024;

    private static readonly SearchValues<byte> NameEnds = SearchValues.Create("\"'; >/"u8);

    private readonly List<BodyText> texts = [];
    private readonly Stack<TextBuilder> open = [];

    /// <summary>Octets that may still be read.</summary>
    public int Left { get; private set; } = BodyText.MaxBytes;

    /// <summary>In the order of their messages.</summary>
    public IEnumerable<BodyText> Texts => texts.OrderBy(text => text.Message);

    /// <summary>A message begins.</summary>
    public void BeginMessage() => open.Push(new TextBuilder());

    /// <summary>It ends. One with a negative number has no facts either.</summary>
    public void EndMessage(int number)
    {
        if (open.Pop().Finish(number) is { } text && number >= 0)
        {
            texts.Add(text);
        }
    }

    /// <summary>The mail itself ends, or the parser gave up.</summary>
    public void EndIfOpen()
    {
        if (open.Count > 0)
        {
            EndMessage(0);
        }
    }

    /// <summary>A multipart of the innermost message begins; it ends in the draft that is the answer.</summary>
    public TextBuilder BeginMultipart(ContentType type)
    {
        var draft = open.Peek();
        draft.Begin(type.IsMimeType("multipart", "alternative"));
        return draft;
    }

    /// <summary>A part of text is over.</summary>
    public void Add(ContentType type, PartContent content)
    {
        var octets = content.Held.Span;
        Left = Math.Max(0, Left - octets.Length - PartCost);
        var form = type.MediaSubtype.ToLowerInvariant() switch
        {
            "html" or "xhtml+xml" => TextForm.Html,
            "enriched" or "richtext" => TextForm.Enriched,
            _ => TextForm.Plain,
        };
        var (label, start) = Label(type, form, octets);
        var text = Charsets.Decode(octets[start..], label);
        open.Peek().Add(new TextPiece(
            form is TextForm.Plain ? text.Text : HtmlText.Of(text.Text, form is TextForm.Enriched), form, text.Charset, text.Guessed,
            IsCut: content.IsHeldCut, IsBody: form is not TextForm.Plain || type.IsMimeType("text", "plain")));
    }

    /// <summary>The text of a winmail.dat, if it was one.</summary>
    public void Add(TnefContent? tnef)
    {
        if (tnef?.Body is { } body && body.Text.Length <= Left)
        {
            Left -= body.Text.Length;
            open.Peek().AddIfNone(new TextPiece(
                body.IsHtml ? HtmlText.Of(body.Text) : body.Text, body.IsHtml ? TextForm.Html : TextForm.Plain, "ms-tnef", Guessed: false, IsCut: false));
        }
    }

    /// <summary>A mark at the beginning before the header's word before the HTML's own (HTML §13.2.3).</summary>
    private static (Encoding? Label, int Start) Label(ContentType type, TextForm form, ReadOnlySpan<byte> octets)
    {
        if (octets.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return (Encoding.UTF8, 3);
        }

        if (octets.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return (Encoding.Unicode, 2);
        }

        var label = Charsets.Find(type.Charset);
        var own = label is null && form is TextForm.Html ? Charsets.Find(Meta(octets[..Math.Min(octets.Length, MetaOctets)])) : null;
        return (label ?? (own is Utf7 ? null : own), 0); // HTML that calls itself UTF-7 is not (HTML §13.2.3.2)
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
