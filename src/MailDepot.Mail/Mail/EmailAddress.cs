using System.Text;

namespace MailDepot.Mail;

/// <summary>An address as a mail shows it, with the name beside it if there is one.</summary>
/// <param name="Address">As written: <c>Anna@Example.com</c>. Empty where a mail has a name only, which nobody can be found by.</param>
/// <param name="Name">The decoded display name.</param>
public sealed record EmailAddress(string Address, string? Name = null)
{
    /// <summary>
    /// The form in which addresses are compared and indexed: trimmed, lower case in both parts. RFC 5321 §2.4 lets a
    /// host tell local parts apart by case; no provider does, and people search without.
    /// </summary>
    /// <remarks>
    /// A domain beyond ASCII counts as its A-labels (RFC 5891 §4.4): <c>ben@bücher.example</c> and
    /// <c>ben@xn--bcher-kva.example</c> are one person. Keys are in tables: what this returns for an address can only be
    /// changed together with `maildepot index rebuild`.
    /// </remarks>
    public static string Key(string address)
    {
        var key = Folded(address);
        var at = key.LastIndexOf('@');
        return at < 0 || Ascii.IsValid(key.AsSpan(at + 1)) ? key : string.Concat(key.AsSpan(0, at + 1), DomainName.ToALabels(key[(at + 1)..]));
    }

    /// <summary>As written, but trimmed and in lower case: for people, and for keys that are older than those of domains beyond ASCII.</summary>
    public static string Folded(string address) => address.Trim().ToLowerInvariant();

    /// <summary><c>Anna Lind &lt;anna@example.com&gt;</c>, or the bare address, or the bare name.</summary>
    public override string ToString() => string.IsNullOrEmpty(Name) ? Address : Address.Length == 0 ? Name : $"{Name} <{Address}>";
}
