using System.CommandLine;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Commands;

/// <summary>The depot that a verb works on: the library over the storage that configuration, or a running <c>up</c>, names.</summary>
internal sealed class OpenDepot : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private OpenDepot(ServiceProvider services) => this.services = services;

    /// <summary>A part of the library.</summary>
    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Opens the depot for what people read, and for what they do with mailboxes.</summary>
    /// <inheritdoc cref="Open"/>
    public static OpenDepot For(ParseResult parsed) => Open(parsed, _ => { });

    /// <summary>Opens the depot with all that writes the archive and keeps it in order, and with the administrator's mails.</summary>
    /// <inheritdoc cref="Open"/>
    public static OpenDepot WithArchiver(ParseResult parsed) => Open(parsed, services => services.AddConnectors().AddArchiver());

    /// <exception cref="OptionsValidationException">A setting is wrong.</exception>
    /// <exception cref="StartException">There is no depot.</exception>
    private static OpenDepot Open(ParseResult parsed, Action<IServiceCollection> compose)
    {
        var data = parsed.GetValue(CommandLine.Data);
        var named = !string.IsNullOrWhiteSpace(data);
        var folder = LocalFolder.Find(data, Environment.CurrentDirectory);
        if (named && !File.Exists(folder.DepotFile))
        {
            throw new StartException(
                $"No depot runs on {folder.Path}: start one with `maildepot up --data {data}`, or name the folder of one that runs.");
        }

        var configuration = VerbSettings.Read(Environment.CurrentDirectory, folder, named);
        if (string.IsNullOrEmpty(configuration[$"{DepotOptions.Section}:{nameof(DepotOptions.WorkStorage)}"]))
        {
            throw new StartException(
                $"No depot runs on {folder.Path}: start one with `maildepot up`, name its folder with --data DIR, "
                + "or set MailDepot__WorkStorage to a storage account's connection string.");
        }

        var library = new ServiceCollection().AddLogging().AddReaders(configuration).AddSingleton(PasswordFiles.Folders(folder));
        compose(library);
        var provider = library.BuildServiceProvider();
        _ = provider.GetRequiredService<IOptions<DepotOptions>>().Value;
        return new OpenDepot(provider);
    }

    /// <summary>Closes the library's parts.</summary>
    public ValueTask DisposeAsync() => services.DisposeAsync();
}
