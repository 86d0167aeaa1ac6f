namespace MailDepot.Mail;

/// <summary>The messages that are open while a mail is read: whose parts arrive now, and how many are kept.</summary>
/// <remarks>Shared by the walks of the mail and of the files in it (<see cref="InnerWalk"/>): the limits apply to all together.</remarks>
internal sealed class MessageTree(bool withText)
{
    private readonly HeaderAllowance allowance = new();
    private readonly Stack<FactsBuilder> open = [];
    private int numbered;
    private int attached;
    private int deeper;

    /// <summary>The texts, if requested.</summary>
    public TextParts? Texts { get; } = withText ? new TextParts() : null;

    /// <summary>The mail itself; null before its header is read.</summary>
    public FactsBuilder? Root { get; private set; }

    /// <summary>The innermost open message.</summary>
    public FactsBuilder Current => open.Peek();

    /// <summary>Open messages, including the mail itself.</summary>
    public int Depth => open.Count;

    /// <summary>Attachments kept from messages inside the mail.</summary>
    public int FilesOfMessages { get; set; }

    /// <summary>Whether a message that begins now would be kept.</summary>
    public bool HasRoom => open.Count switch
    {
        0 => true,
        1 => attached < MailReading.MaxMessages,
        _ => deeper < MailReading.MaxMessages,
    };

    /// <summary>A builder for the next message's header fields.</summary>
    public FactsBuilder Header() => new(allowance);

    /// <summary>A message begins.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="isWhole">It is a whole message, not only a header.</param>
    public void Begin(FactsBuilder header, bool isWhole)
    {
        if (Root is not null)
        {
            var isKept = isWhole && HasRoom && Current.Number >= 0;
            header.Number = isKept ? ++numbered : -1;
            Root.Flag(HasRoom ? null : MailFlag.PartsCut);
            attached += isKept && open.Count == 1 ? 1 : 0;
            deeper += isKept && open.Count > 1 ? 1 : 0;
        }

        Root ??= header;
        open.Push(header);
        Texts?.BeginMessage();
    }

    /// <summary>The innermost message ends; the facts are null if it is not kept.</summary>
    public (FactsBuilder Builder, MailFacts? Facts) End()
    {
        var builder = open.Pop();
        Texts?.EndMessage(builder.Number);
        if (builder.Number < 0)
        {
            return (builder, null);
        }

        var facts = builder.ToFacts();
        open.Peek().Add(facts);
        return (builder, facts);
    }
}
