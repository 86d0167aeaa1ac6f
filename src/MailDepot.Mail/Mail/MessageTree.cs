namespace MailDepot.Mail;

/// <summary>The mail and the messages inside it while they are read: whose parts come now, and how many are kept.</summary>
/// <remarks>Shared by the walks of the mail and of what is inside its files (<see cref="InnerWalk"/>): the limits hold for all together.</remarks>
internal sealed class MessageTree(bool withText)
{
    private readonly HeaderAllowance allowance = new();
    private readonly Stack<FactsBuilder> open = [];
    private int numbered;
    private int attached;
    private int deeper;

    /// <summary>The texts, where they were asked for.</summary>
    public TextParts? Texts { get; } = withText ? new TextParts() : null;

    /// <summary>The mail itself; null before its header is read.</summary>
    public FactsBuilder? Root { get; private set; }

    /// <summary>The innermost open message.</summary>
    public FactsBuilder Current => open.Peek();

    /// <summary>Open messages; the mail itself is one.</summary>
    public int Depth => open.Count;

    /// <summary>Attachments kept of messages inside the mail.</summary>
    public int FilesOfMessages { get; set; }

    /// <summary>Whether a message that begins now is kept.</summary>
    public bool HasRoom => open.Count switch
    {
        0 => true,
        1 => attached < MailReading.MaxMessages,
        _ => deeper < MailReading.MaxMessages,
    };

    /// <summary>For the fields of the next message's header.</summary>
    public FactsBuilder Header() => new(allowance);

    /// <summary>A message begins.</summary>
    /// <param name="header">Its fields.</param>
    /// <param name="isWhole">It is a message, not only a header.</param>
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

    /// <summary>The innermost message ends; without facts if it is not kept.</summary>
    public (FactsBuilder Draft, MailFacts? Facts) End()
    {
        var draft = open.Pop();
        Texts?.EndMessage(draft.Number);
        if (draft.Number < 0)
        {
            return (draft, null);
        }

        var facts = draft.ToFacts();
        open.Peek().Add(facts);
        return (draft, facts);
    }
}
