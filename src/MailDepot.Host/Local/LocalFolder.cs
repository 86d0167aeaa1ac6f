namespace MailDepot.Host.Local;

/// <summary>The folder that holds everything of a depot on one machine: the Azurite it runs, its data, its settings.</summary>
/// <remarks>Deleting the folder while nothing runs on it removes the local depot and nothing else.</remarks>
public sealed class LocalFolder(string path)
{
    /// <summary>The folder's name, beside a solution or in a home directory.</summary>
    public const string Name = ".maildepot";

    /// <summary>Absolute path.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The Azurite that was installed here: a folder with <c>node_modules</c>. Complete or absent.</summary>
    public string AzuriteTool => In("azurite");

    /// <summary>What Azurite stores: blobs, queues, tables.</summary>
    public string AzuriteContent => In("azurite-content");

    /// <summary>Process and ports of the Azurite that serves <see cref="AzuriteContent"/>; absent when none should.</summary>
    public string AzuriteRecord => In("azurite.json");

    /// <summary>Passwords of mailboxes that were added at run time.</summary>
    public string Passwords => In("passwords");

    /// <summary>How to reach the depot that runs here, for the other verbs of the command line.</summary>
    public string DepotFile => In("depot.json");

    /// <summary>
    /// The named folder; else the nearest <see cref="Name"/> in <paramref name="from"/> or above it, as git finds
    /// its own; else <see cref="Name"/> in <paramref name="from"/>, which may not exist yet.
    /// </summary>
    /// <param name="named">What <c>--data</c> says; relative to <paramref name="from"/>.</param>
    /// <param name="from">The current directory.</param>
    public static LocalFolder Find(string? named, string from)
    {
        if (!string.IsNullOrWhiteSpace(named))
        {
            return new LocalFolder(System.IO.Path.Combine(from, named));
        }

        for (var at = new DirectoryInfo(from); at is not null; at = at.Parent)
        {
            var candidate = System.IO.Path.Combine(at.FullName, Name);
            if (Directory.Exists(candidate))
            {
                return new LocalFolder(candidate);
            }
        }

        return new LocalFolder(System.IO.Path.Combine(from, Name));
    }

    /// <summary>
    /// Creates the folder and locks it until disposed. The operating system releases the lock however the process ends, so a
    /// leftover lock file means nothing.
    /// </summary>
    /// <exception cref="StartException">Another process holds it, or it can't be written.</exception>
    public IDisposable Hold()
    {
        try
        {
            Directory.CreateDirectory(Path);
            return new FileStream(In("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or DirectoryNotFoundException or PathTooLongException)
        {
            throw Unwritable(failure);
        }
        catch (IOException failure) when (File.Exists(In("lock")))
        {
            throw new StartException(
                $"MailDepot already runs on {Path}: stop that one (Ctrl-C where it runs), or give this one a folder of its own "
                    + "with --data DIR.", failure);
        }
        catch (IOException failure)
        {
            throw Unwritable(failure);
        }
    }

    private StartException Unwritable(Exception failure) => new(
        $"{Path} can't be used as data folder ({failure.Message.TrimEnd('.')}): name another one with --data DIR.", failure);

    private string In(string name) => System.IO.Path.Combine(Path, name);
}

/// <summary>The local depot can't start. The message is one sentence for the person at the keyboard, with the way out.</summary>
public sealed class StartException(string message, Exception? cause = null) : Exception(message, cause);
