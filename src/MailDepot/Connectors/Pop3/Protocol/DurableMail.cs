using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>A mail that is ours, and may still be in its mailbox. There it is only to be deleted.</summary>
/// <param name="Name">SHA-256 of its UIDL, which fits a table whatever characters the server takes; of its octets where the server has no UIDL.</param>
/// <param name="HasUidl">Which of the two.</param>
/// <param name="Bytes">The octets that it had by LIST. They tell a UIDL that the server gave to another mail since (RFC 1939 §7 forbids it, and some do it).</param>
/// <remarks>Since when it is ours is no part of what it is: a mail is known whenever it was collected.</remarks>
public readonly record struct DurableMail(Digest Name, bool HasUidl, long Bytes)
{
    /// <summary>When it became durable, in whole seconds; the default where that is not known. Of pages that tell different times the earliest counts.</summary>
    public DateTimeOffset Since { get; init; }

    /// <inheritdoc />
    public bool Equals(DurableMail other) => Name.Equals(other.Name) && HasUidl == other.HasUidl && Bytes == other.Bytes;

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Name, HasUidl, Bytes);
}
