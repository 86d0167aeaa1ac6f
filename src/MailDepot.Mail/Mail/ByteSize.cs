using System.Globalization;

namespace MailDepot.Mail;

/// <summary>Formats a number of bytes for people.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB"];

    /// <summary><c>812 B</c>, <c>47.1 KB</c>, <c>10.4 MB</c>: decimal units with one decimal place.</summary>
    public static string Format(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 999.95 && unit < Units.Length - 1; unit++)
        {
            value /= 1000;
        }

        return $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {Units[unit]}";
    }
}
