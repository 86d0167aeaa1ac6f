using System.Text;

namespace MailDepot.Mail;

/// <summary>An address as written in a mail, with its display name if there is one.</summary>
/// <param name="Address">As written: <c>Anna@Example.com</c>. Empty if the mail has only a name; that is not indexed.</param>
/// <param name="Name">The decoded display name.</param>
public sealed record EmailAddress(string Address, string? Name = null)
{
    /// <summary>
    /// The form in which addresses are compared and indexed: trimmed, both parts in lower case. RFC 5321 §2.4 allows
    /// case-sensitive local parts; no provider uses them, and people search without case.
    /// </summary>
    /// <remarks>
    /// A non-ASCII domain counts as its A-labels (RFC 5891 §4.4): <c>ben@bücher.example</c> and
    /// <c>ben@xn--bcher-kva.example</c> are the same person. Keys are stored in tables: a change to what this returns requires
    /// `maildepot index rebuild`.
    /// </remarks>
    public static string Key(string address)
    {
        var key = Folded(address);
        var at = key.LastIndexOf('@');
        return at < 0 || Ascii.IsValid(key.AsSpan(at + 1))
            ? key
            : string.Concat(key.AsSpan(0, at + 1), DomainName.ToALabels(key[(at + 1)..]));
    }

    /// <summary>As written, but trimmed and in lower case: for people, and for keys from before A-labels were used.</summary>
    public static string Folded(string address) => address.Trim().ToLowerInvariant();

    /// <summary><c>Anna Lind &lt;anna@example.com&gt;</c>, or the bare address, or the bare name.</summary>
    public override string ToString() => string.IsNullOrEmpty(Name) ? Address : Address.Length == 0 ? Name : $"{Name} <{Address}>";
}
