using MailDepot.Host.Local;

namespace MailDepot.Testing;

/// <summary>A folder for one test, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("maildepot-test-").FullName;

    /// <summary>A data folder that does not exist yet.</summary>
    public LocalFolder Local => new(In(LocalFolder.Name));

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A program made of a few lines of shell. It finds the usual tools whatever its PATH.</summary>
    public string Program(string name, string shell)
    {
        var file = In(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"#!/bin/sh\nPATH=/usr/bin:/bin\n{shell}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
