using MailDepot.Mail;

namespace MailDepot.Connectors.Receiving;

/// <summary>The address that every SMTP server must have (RFC 5321 §4.5.1), in any domain or none.</summary>
/// <remarks>Unless a rule of the recipient map matches it, its mail is for this server's administrator and never archived.</remarks>
public static class Postmaster
{
    /// <summary>Limit on the bytes of a mail to the postmaster, because strangers may write to it.</summary>
    public const long MaxBytes = 65_536;

    private const string Name = "postmaster";

    /// <summary>Where its mail goes: to no archive container.</summary>
    public static Destination Destination { get; } = new(Container: "", Journal: false);

    /// <summary>Whether this is the postmaster's address.</summary>
    public static bool Is(string address) =>
        EmailAddress.Key(address) is var key && (key == Name || key.StartsWith($"{Name}@", StringComparison.Ordinal));
}
