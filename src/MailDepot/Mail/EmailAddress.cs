namespace MailDepot.Mail;

/// <summary>An address as a mail shows it, with the name beside it if there is one.</summary>
/// <param name="Address">As written: <c>Anna@Example.com</c>, or what a broken mail has in its place.</param>
/// <param name="Name">The decoded display name.</param>
public sealed record EmailAddress(string Address, string? Name = null)
{
    /// <summary>
    /// The form in which addresses are compared and indexed: trimmed, lower case in both parts. RFC 5321 §2.4 lets a
    /// host tell local parts apart by case; no provider does, and people search without.
    /// </summary>
    public static string Key(string address) => address.Trim().ToLowerInvariant();

    /// <summary><c>Anna Lind &lt;anna@example.com&gt;</c>, or the bare address.</summary>
    public override string ToString() => string.IsNullOrEmpty(Name) ? Address : $"{Name} <{Address}>";
}
