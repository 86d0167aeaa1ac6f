using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using MailDepot.Host.Local;
using Microsoft.Extensions.Configuration;

namespace MailDepot.Tests.Host.Local;

public sealed class DepotFileTests : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(path, recursive: true);

    [Fact]
    public async Task Other_verbs_read_as_settings_what_up_leaves()
    {
        var folder = new LocalFolder(path);
        var written = new DepotOptions { WorkStorage = "UseDevelopmentStorage=true" };
        written.Recipients.Add(new RecipientOptions { Pattern = "*@example.com", Container = "legal", Journal = true });
        written.Mailboxes.Add(new MailboxOptions
        {
            Name = "office",
            Host = "pop.example.com",
            Security = MailboxSecurity.StartTls,
            MaxMailsPerRun = 7,
            MaxBytesPerRun = 7_000_000,
        });
        await DepotFile.WriteAsync(folder, written, ownStorage: true, TestContext.Current.CancellationToken);

        var read = new DepotOptions();
        var settings = new ConfigurationBuilder().AddJsonFile(folder.DepotFile).Build();
        settings.GetSection(DepotOptions.Section).Bind(read, binder => binder.ErrorOnUnknownConfiguration = true);
        Assert.Equivalent(written.Mailboxes, read.Mailboxes, strict: true);
        Assert.Equivalent(written.Recipients, read.Recipients, strict: true);
        Assert.Equal(written.WorkStorage, read.WorkStorage);
    }
}
