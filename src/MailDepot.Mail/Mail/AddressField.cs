using MimeKit;

namespace MailDepot.Mail;

/// <summary>Reads a header field of addresses; of a malformed one, what can be read (<see cref="BrokenAddresses"/>).</summary>
internal static class AddressField
{
    /// <summary>
    /// Adds the field's addresses, and names without an address. False if it can't be read completely
    /// (<see cref="MailFlag.AddressBroken"/>).
    /// </summary>
    public static bool AddTo(List<EmailAddress> addresses, ReadOnlyMemory<byte> value, FieldRepair repair, HeaderAllowance allowance)
    {
        var field = repair.Repair(value).ToArray();
        if (field.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            return true; // an empty field is valid
        }

        var labels = RawALabels.Hide(ref field);
        var options = allowance.MayBeTolerant(field.Length) ? MimeParsing.Options : MimeParsing.Strict;
        var found = new List<EmailAddress>();
        var isWhole = InternetAddressList.TryParse(options, field, 0, field.Length, out var list) && !HasOpenQuote(field, list);
        if (isWhole)
        {
            foreach (var mailbox in list!.Mailboxes)
            {
                isWhole &= Add(found, mailbox);
            }
        }
        else
        {
            BrokenAddresses.AddTo(found, field);
        }

        addresses.AddRange(found.Select(one => new EmailAddress(
            HeaderAllowance.Cut(labels.Show(one.Address), HeaderAllowance.MaxText),
            one.Name is null ? null : HeaderAllowance.Cut(labels.Show(one.Name), HeaderAllowance.MaxText))));
        return isWhole;
    }

    /// <summary>False if part of the address was dropped.</summary>
    private static bool Add(List<EmailAddress> addresses, MailboxAddress mailbox)
    {
        var name = string.IsNullOrEmpty(mailbox.Name) ? null : mailbox.Name;
        switch (mailbox.Address)
        {
            case "":
                return true;
            case ['\'', .., '\''] or ['"', .., '"'] when BrokenAddresses.Address(mailbox.Address) is { } quoted:
                addresses.Add(new EmailAddress(quoted, name)); // Outlook writes quotes around an address
                return false;
            case var address when address.Contains('@', StringComparison.Ordinal):
                addresses.Add(new EmailAddress(address, name));
                return true;
            case var word when name is null && word.StartsWith("=?", StringComparison.Ordinal):
                BrokenAddresses.AddTo(addresses, System.Text.Encoding.UTF8.GetBytes(word)); // RFC 2047 §5 allows no encoded word here
                return false;
            case var word:
                addresses.Add(new EmailAddress("", name is null ? word : $"{name} <{word}>"));
                return true;
        }
    }

    /// <summary>A quotation mark is missing, so that a name swallowed addresses, or a name or an address swallowed a comma.</summary>
    private static bool HasOpenQuote(ReadOnlySpan<byte> field, InternetAddressList list) => field.Count((byte)'"') % 2 == 1
        && list.Mailboxes.Any(mailbox => !mailbox.Address.Contains('@', StringComparison.Ordinal) || mailbox.Name is [',' or ';', ..]
            || mailbox.Name?.Contains('@', StringComparison.Ordinal) is true);
}
