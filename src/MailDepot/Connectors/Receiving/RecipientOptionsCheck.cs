using System.Text.RegularExpressions;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Connectors.Receiving;

/// <summary>Checks the recipients: each wrong value is one sentence that names its key.</summary>
public static partial class RecipientOptionsCheck
{
    /// <summary>One sentence for each wrong value, which names its key.</summary>
    public static IEnumerable<string> Errors(IList<RecipientOptions> recipients)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < recipients.Count; i++)
        {
            var (key, recipient) = ($"MailDepot:Recipients:{i}", recipients[i]);
            if (!Pattern().IsMatch(recipient.Pattern))
            {
                yield return $"{key}:Pattern is '{recipient.Pattern}': give an address, *@domain, or * for every address.";
            }

            if (!ArchiveContainerName.IsValid(recipient.Container))
            {
                yield return $"{key}:Container is '{recipient.Container}': an archive container's name has {ArchiveContainerName.Rule}.";
            }

            if (!recipient.HasValidRetired)
            {
                yield return $"{key}:Retired is '{recipient.Retired}': give the day from which the address is out of use, as "
                    + "2026-12-31, or now.";
            }

            if (!seen.Add(EmailAddress.Key(recipient.Pattern)))
            {
                yield return $"{key}:Pattern is '{recipient.Pattern}', which another entry has already: keep one of them.";
            }
        }
    }

    /// <summary>What is wrong for a port that anyone can reach: addresses that strangers can guess, unless networks are set.</summary>
    public static IEnumerable<string> OpenPortErrors(IList<RecipientOptions> recipients, SmtpOptions smtp) => smtp.Networks.Count > 0 ? [] :
        from entry in recipients.Index()
        where !UnguessableAddress.Is(entry.Item.Pattern)
        select $"MailDepot:Recipients:{entry.Index}:Pattern is '{entry.Item.Pattern}', to which strangers could send, too: take "
            + "an address that nobody can guess (`maildepot smtp address new` makes one), or name the networks that may send "
            + "with MailDepot:Smtp:Networks.";

    [GeneratedRegex(@"^(\*|(\*|[^@\s*]+)@[^@\s*]+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Pattern();
}
