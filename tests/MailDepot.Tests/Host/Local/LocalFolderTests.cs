using MailDepot.Host.Local;

namespace MailDepot.Tests.Host.Local;

public sealed class LocalFolderTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    [Fact]
    public void The_nearest_data_folder_above_is_found()
    {
        Directory.CreateDirectory(temporary.In(".maildepot"));
        Directory.CreateDirectory(temporary.In("a/.maildepot"));
        Directory.CreateDirectory(temporary.In("a/b/c"));

        Assert.Equal(temporary.In("a/.maildepot"), LocalFolder.Find(null, temporary.In("a/b/c")).Path);
        Assert.Equal(temporary.In(".maildepot"), LocalFolder.Find("", temporary.Path).Path);
    }

    [Fact]
    public void Without_one_above_it_will_be_in_the_current_directory()
    {
        Assert.Equal(temporary.In(".maildepot"), LocalFolder.Find(null, temporary.Path).Path);
        Assert.False(Directory.Exists(temporary.In(".maildepot")));
    }

    [Fact]
    public void A_named_folder_wins_and_is_relative_to_the_current_directory()
    {
        Directory.CreateDirectory(temporary.In(".maildepot"));

        Assert.Equal(temporary.In("elsewhere"), LocalFolder.Find("elsewhere", temporary.Path).Path);
        Assert.Equal("/srv/depot", LocalFolder.Find("/srv/depot", temporary.Path).Path);
    }

    [Fact]
    public void Only_one_holds_a_folder_and_the_error_of_the_second_names_the_way_out()
    {
        var folder = temporary.Local;
        using (folder.Hold())
        {
            var refused = Assert.Throws<StartException>(() => folder.Hold());
            Assert.Equal(
                $"MailDepot already runs on {folder.Path}: stop that one (Ctrl-C where it runs), or give this one a folder of its own "
                + "with --data DIR.",
                refused.Message);
        }

        folder.Hold().Dispose();
    }

    [Fact]
    public void A_folder_that_can_not_be_created_is_one_sentence()
    {
        File.WriteAllText(temporary.In("file"), "");

        var refused = Assert.Throws<StartException>(() => new LocalFolder(temporary.In("file/under")).Hold());

        Assert.StartsWith($"{temporary.In("file/under")} can't be used as data folder (", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("): name another one with --data DIR.", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => temporary.Dispose();
}
