using System.Globalization;

namespace MailDepot.Mail;

/// <summary>A number of octets in words for people.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB"];

    /// <summary><c>812 B</c>, <c>47.1 KB</c>, <c>10.4 MB</c>: decimal units, one digit behind the point.</summary>
    public static string Format(long octets)
    {
        var (value, unit) = ((double)octets, 0);
        for (; value >= 999.95 && unit < Units.Length - 1; unit++)
        {
            value /= 1000;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? value.ToString("0", CultureInfo.InvariantCulture) : value.ToString("0.0", CultureInfo.InvariantCulture))} {Units[unit]}");
    }
}
