namespace MailDepot.Mail;

/// <summary>The address that every SMTP server must have (RFC 5321 §4.5.1), in any domain or none.</summary>
/// <remarks>Unless a rule of the recipient map has it, its mail is for the person who looks after this server, and never archived.</remarks>
public static class Postmaster
{
    private const string Name = "postmaster";

    /// <summary>Stands for the rule that it has none; the empty name is no archive container's.</summary>
    public static RecipientRule Rule { get; } = new(Name, "", Journal: false);

    /// <summary>Whether this is it.</summary>
    public static bool Is(string address) =>
        EmailAddress.Key(address) is var key && (key == Name || key.StartsWith($"{Name}@", StringComparison.Ordinal));
}
