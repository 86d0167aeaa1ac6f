using MailDepot.Mail;

namespace MailDepot.Host.Up;

/// <summary>The options of <c>maildepot up</c>.</summary>
internal sealed record UpSettings
{
    /// <summary>Send the bundled samples.</summary>
    public bool Demo { get; init; }

    /// <summary>End when every sample is where it belongs, or after a minute.</summary>
    public bool Exit { get; init; }

    /// <summary>One line of JSON when ready, one at the end.</summary>
    public bool Json { get; init; }

    /// <summary>The data folder, if one was given.</summary>
    public string? Data { get; init; }

    /// <summary>The SMTP port, if one was given.</summary>
    public int? SmtpPort { get; init; }

    /// <summary>Recipients as <c>PATTERN=CONTAINER</c>; the container defaults to <c>default</c>.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>The same for journal addresses; the container defaults to that of the same pattern in <see cref="Recipients"/>.</summary>
    public IReadOnlyList<string> JournalRecipients { get; init; } = [];

    /// <summary>The same settings without recipients of these patterns, given in their key form.</summary>
    public UpSettings Without(IReadOnlySet<string> patterns) => this with
    {
        Recipients = [.. Recipients.Where(recipient => !patterns.Contains(EmailAddress.Key(Split(recipient).Pattern)))],
        JournalRecipients = [.. JournalRecipients.Where(recipient => !patterns.Contains(EmailAddress.Key(Split(recipient).Pattern)))],
    };

    /// <summary>The settings as configuration keys, which override all other configuration.</summary>
    /// <param name="startAt">The number of the first recipient.</param>
    public IEnumerable<KeyValuePair<string, string?>> Overrides(int startAt = 0)
    {
        if (SmtpPort is { } port)
        {
            yield return new($"{DepotOptions.Section}:Smtp:Port", $"{port}");
        }

        var number = startAt;
        foreach (var (pattern, container, journal) in AllRecipients())
        {
            var key = $"{DepotOptions.Section}:Recipients:{number++}";
            yield return new($"{key}:Pattern", pattern);
            yield return new($"{key}:Container", container);
            yield return new($"{key}:Journal", $"{journal}");
        }
    }

    private IEnumerable<(string Pattern, string Container, bool Journal)> AllRecipients()
    {
        var plain = Recipients.Select(Split).ToList();
        var journal = JournalRecipients.Select(Split).ToList();
        foreach (var (pattern, container) in journal)
        {
            var same = plain.Find(entry => IsSame(entry.Pattern, pattern)).Container;
            yield return (pattern, container ?? same ?? "default", true);
        }

        foreach (var (pattern, container) in plain.Where(entry => !journal.Exists(other => IsSame(other.Pattern, entry.Pattern))))
        {
            yield return (pattern, container ?? "default", false);
        }
    }

    private static bool IsSame(string pattern, string other) => EmailAddress.Key(pattern) == EmailAddress.Key(other);

    /// <summary>
    /// A local part may contain <c>=</c>, a container's name may not: the last one separates the two, if it comes after the
    /// <c>@</c>.
    /// </summary>
    private static (string Pattern, string? Container) Split(string text)
    {
        var at = text.LastIndexOf('=');
        return at > text.LastIndexOf('@') ? (text[..at], text[(at + 1)..]) : (text, null);
    }
}
