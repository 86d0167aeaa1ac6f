using System.Security.Cryptography;
using System.Text.RegularExpressions;
using MailDepot.Mail;

namespace MailDepot.Connectors.Receiving;

/// <summary>Addresses that keep strangers out because nobody can guess them: <c>journal-</c> and 128 random bits.</summary>
/// <remarks>Exchange Online presents no secret that identifies the tenant, and an ingress may hide the client's address.</remarks>
public static partial class UnguessableAddress
{
    /// <summary>128 bits: too many to try.</summary>
    private const int RandomBytes = 16;

    /// <summary>Makes a new, unique one.</summary>
    public static string Mint(string domain) => $"journal-{RandomNumberGenerator.GetHexString(RandomBytes * 2, lowercase: true)}@{domain}";

    /// <summary>Whether a pattern is an address of this form: its local part ends with a hyphen and 32 hexadecimal digits.</summary>
    public static bool Is(string pattern) => Form().IsMatch(EmailAddress.Key(pattern));

    [GeneratedRegex("^[^@*]*-[0-9a-f]{32}@[^@*]+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Form();
}
