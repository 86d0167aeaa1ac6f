using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>A mail that was collected and may still be in its mailbox, where it only needs to be deleted.</summary>
/// <param name="Name">SHA-256 of its UIDL, so that any UIDL fits a table key; SHA-256 of its content if the server has no UIDL.</param>
/// <param name="HasUidl">Which of the two <paramref name="Name"/> is.</param>
/// <param name="Bytes">
/// Its size by LIST. It reveals a UIDL that the server has since given to another mail, which RFC 1939 §7 forbids and some
/// servers do.
/// </param>
/// <remarks>Equality ignores <see cref="Since"/>: a mail is known whenever it was collected.</remarks>
public readonly record struct DurableMail(Digest Name, bool HasUidl, long Bytes)
{
    /// <summary>When it became durable, in whole seconds; the default value if unknown. The earliest time on any page counts.</summary>
    public DateTimeOffset Since { get; init; }

    /// <inheritdoc />
    public bool Equals(DurableMail other) => Name.Equals(other.Name) && HasUidl == other.HasUidl && Bytes == other.Bytes;

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Name, HasUidl, Bytes);
}
