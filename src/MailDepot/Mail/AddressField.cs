using MimeKit;

namespace MailDepot.Mail;

/// <summary>Reads a header field of addresses; from a broken one, what can be read.</summary>
internal static class AddressField
{
    /// <summary>Adds the field's addresses. False if it can't be read as a whole (<see cref="MailFlag.AddressBroken"/>).</summary>
    public static bool AddTo(List<EmailAddress> addresses, ReadOnlyMemory<byte> value, FieldRepair repair, HeaderAllowance allowance)
    {
        var field = repair.Mend(value).ToArray();
        var labels = WrittenALabels.Hide(ref field);
        var options = allowance.MayBeTolerant(field.Length) ? MimeParsing.Options : MimeParsing.Strict;
        var isWhole = InternetAddressList.TryParse(options, field, 0, field.Length, out var list);
        List<MailboxAddress> mailboxes = isWhole ? [.. list!.Mailboxes] : Salvage(field);
        var words = mailboxes.RemoveAll(mailbox => IsWord(mailbox.Address));
        _ = mailboxes.RemoveAll(mailbox => mailbox.Address.Length == 0);
        addresses.AddRange(mailboxes.Select(mailbox => new EmailAddress(
            HeaderAllowance.Cut(labels.Show(mailbox.Address), HeaderAllowance.MaxText),
            string.IsNullOrEmpty(mailbox.Name) ? null : HeaderAllowance.Cut(labels.Show(mailbox.Name), HeaderAllowance.MaxText))));
        if (isWhole && (mailboxes.Count > 0 || words == 0))
        {
            return true;
        }

        // An empty field names nobody, and that is all right.
        var text = repair.Text(value);
        if (mailboxes.Count == 0 && text.Length > 0)
        {
            addresses.Add(new EmailAddress(HeaderAllowance.Cut(text, HeaderAllowance.MaxText)));
        }

        return string.IsNullOrWhiteSpace(text);
    }

    /// <summary>An encoded word where an address should be: RFC 2047 §5 has none there, and it was broken before we mended it.</summary>
    private static bool IsWord(string address) => address.StartsWith("=?", StringComparison.Ordinal) && !address.Contains('@', StringComparison.Ordinal);

    /// <summary>What can be read of a broken field: its pieces between commas that are addresses. A comma in quotes parts nothing.</summary>
    private static List<MailboxAddress> Salvage(ReadOnlySpan<byte> field)
    {
        var (found, start, quoted) = (new List<MailboxAddress>(), 0, false);
        for (var n = 0; n <= field.Length; n++)
        {
            var octet = n < field.Length ? field[n] : (byte)',';
            quoted ^= octet is (byte)'"';
            if (n == field.Length || (octet is (byte)',' && !quoted))
            {
                if (MailboxAddress.TryParse(MimeParsing.Strict, field[start..n].ToArray(), out var mailbox) && mailbox.Address.Contains('@', StringComparison.Ordinal))
                {
                    found.Add(mailbox);
                }

                start = n + 1;
            }
        }

        return found;
    }
}
