using System.Collections.Frozen;

namespace MailDepot.Mail;

/// <summary>Names of weekdays and months in Date fields: in English (RFC 5322 §3.3), and by mistake in other languages.</summary>
internal static class DateNames
{
    /// <summary>Letters of the shortest abbreviation.</summary>
    private const int MinLength = 3;

    private static readonly string[] Days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    private static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    /// <summary>
    /// German, French, Spanish, Italian, Portuguese, Dutch and Scandinavian names that differ from English; each means the same
    /// month in all of them.
    /// </summary>
    private static readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> OtherMonths = new string[]
    {
        "jän jänner januar januari janv janvier ene enero gen gennaio janeiro",
        "februar februari fév févr février febrero febbraio fev fevereiro",
        "mär märz maerz mrz mars marzo março mrt maart marts",
        "avr avril abr abril aprile",
        "mai mayo mag maggio maio mei maj",
        "juni juin junio giu giugno junho",
        "juli juil juillet julio lug luglio julho",
        "août aout ago agosto augustus augusti",
        "septembre septiembre set settembre setembro",
        "okt oktober octobre octubre ott ottobre out outubro",
        "novembre noviembre novembro",
        "dez dezember déc décembre dic diciembre dicembre dezembro des desember",
    }
    .SelectMany((forms, index) => forms.Split(' ').Select(form => (form, index + 1)))
    .ToFrozenDictionary(pair => pair.form, pair => pair.Item2, StringComparer.OrdinalIgnoreCase)
    .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The weekday of an English name or abbreviation; null for any other word.</summary>
    public static DayOfWeek? DayOfWeek(ReadOnlySpan<char> word) => Index(Days, word) is { } day ? (DayOfWeek)day : null;

    /// <summary>1 to 12; null if the word is not a month.</summary>
    public static int? Month(ReadOnlySpan<char> word, out bool isEnglish)
    {
        var index = Index(Months, word);
        isEnglish = index is not null;
        return index is { } month ? month + 1 : OtherMonths.TryGetValue(word, out var other) ? other : null;
    }

    private static int? Index(string[] names, ReadOnlySpan<char> word)
    {
        for (var n = 0; n < names.Length && word.Length >= MinLength; n++)
        {
            if (names[n].AsSpan().StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                return n;
            }
        }

        return null;
    }
}
