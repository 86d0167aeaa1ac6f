using System.CommandLine;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot pop3</c>: the mailboxes that are collected, what they hold, and what a person can do with them.</summary>
internal static class Pop3Command
{
    public static Command Make() => new("pop3", "The mailboxes that are collected by POP3.")
    {
        Pop3Lists.MakeList(), Pop3Lists.MakeShow(), Pop3Lists.MakeQueue(),
        Pop3Changes.MakeAdd(), Pop3Changes.MakeEdit(), Pop3Changes.MakeRemove(), Pop3Changes.MakeEnable(), Pop3Changes.MakeDisable(),
        Pop3TestCommand.Make(), Pop3PollCommand.Make(),
    };

    /// <summary>The argument that names a mailbox.</summary>
    public static Argument<string> Name() => new("NAME") { Description = "The mailbox, as `maildepot pop3 list` shows it." };
}
