using MailDepot.Testing.Functions;

namespace MailDepot.Functions.Tests.Worker;

/// <summary>The published app, made for the first test that asks.</summary>
public sealed class PublishedAppFixture : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Lazy<Task> published;

    public PublishedAppFixture() => published = new(() => PublishedApp.PublishAsync(
        Clone.Path("src/MailDepot.Functions"), folder.Path, TestContext.Current.CancellationToken));

    public async Task<string> FolderAsync()
    {
        await published.Value;
        return folder.Path;
    }

    public void Dispose() => folder.Dispose();
}
