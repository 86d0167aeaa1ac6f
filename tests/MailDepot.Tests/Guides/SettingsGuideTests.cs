namespace MailDepot.Tests.Guides;

/// <summary>Checks the tables in <c>src/guides/settings.md</c>. They are made from the options, their defaults and comments.</summary>
/// <remarks><c>MAILDEPOT_GOLDEN=accept</c> writes them. The rest of the page is written by hand.</remarks>
public sealed class SettingsGuideTests
{
    private const string Begin = "<!-- Made from the options by SettingsGuideTests, with MAILDEPOT_GOLDEN=accept. -->\n";
    private const string End = "<!-- The end of what is made from the options. -->\n";

    private static readonly string Page = Clone.Path("src/guides/settings.md");

    [Fact]
    public async Task The_page_shows_every_setting_as_the_code_has_it()
    {
        var page = await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken);
        var begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.InRange(begin, Begin.Length, end);
        var shown = page[begin..end];
        var made = SettingsTables.Of(typeof(DepotOptions), DepotOptions.Section);
        if (shown != made && Environment.GetEnvironmentVariable("MAILDEPOT_GOLDEN") == "accept")
        {
            await File.WriteAllTextAsync(Page, page[..begin] + made + page[end..], TestContext.Current.CancellationToken);
            return;
        }

        Assert.True(
            shown == made,
            $"{Page} does not agree with the options. If the options are right, run this test with MAILDEPOT_GOLDEN=accept and review "
            + $"the diff.\n\n{Difference(shown, made)}");
    }

    private static string Difference(string shown, string made)
    {
        var (old, fresh) = (shown.Split('\n'), made.Split('\n'));
        return string.Concat(old.Except(fresh).Select(line => $"  - {line}\n").Concat(fresh.Except(old).Select(line => $"  + {line}\n")));
    }
}
