using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using MailDepot.Host.Local;
using Microsoft.Extensions.Configuration;

namespace MailDepot.Tests.Local;

public sealed class DepotFileTests : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(path, recursive: true);

    [Fact]
    public async Task What_up_leaves_is_read_as_settings_by_the_other_verbs()
    {
        var folder = new LocalFolder(path);
        var written = new DepotOptions { WorkStorage = "UseDevelopmentStorage=true" };
        written.Recipients.Add(new RecipientOptions { Pattern = "*@example.com", Container = "legal", Journal = true });
        written.Mailboxes.Add(new MailboxOptions { Name = "office", Host = "pop.example.com", Security = MailboxSecurity.StartTls, MaxMailsPerRun = 7, MaxBytesPerRun = 7_000_000 });
        await DepotFile.WriteAsync(folder, written, ownStorage: true, TestContext.Current.CancellationToken);

        var read = new DepotOptions();
        new ConfigurationBuilder().AddJsonFile(folder.DepotFile).Build().GetSection(DepotOptions.Section).Bind(read, binder => binder.ErrorOnUnknownConfiguration = true);
        Assert.Equivalent(written.Mailboxes, read.Mailboxes, strict: true);
        Assert.Equivalent(written.Recipients, read.Recipients, strict: true);
        Assert.Equal(written.WorkStorage, read.WorkStorage);
    }
}
