using System.CommandLine;
using MailDepot.Events;
using MailDepot.Host.Terminal;
using MailDepot.Mail;

namespace MailDepot.Host.Commands;

/// <summary>Where a verb writes a mail: standard output, or the new file that <c>--output</c> names.</summary>
internal sealed class MailOutput
{
    private readonly Option<string?> output = new("--output", "-o")
    {
        HelpName = "FILE",
        Description = "Write to this file; it must not exist.",
    };

    /// <summary>Adds the option to the verb.</summary>
    public MailOutput(Command command) => command.Add(output);

    /// <summary>Refuses <c>--json</c> without a file: standard output belongs to the mail.</summary>
    /// <exception cref="UsageException">It was given.</exception>
    public void Check(ParseResult parsed)
    {
        if (parsed.GetValue(CommandLine.Json) && parsed.GetValue(output) is null)
        {
            throw new UsageException("--json describes the file that was written: add --output FILE.");
        }
    }

    /// <summary>Writes the mail and compares its SHA-256. A file that does not match keeps the ending <c>.part</c>.</summary>
    /// <param name="parsed">Names the file.</param>
    /// <param name="expected">SHA-256 that the mail must have.</param>
    /// <param name="witness">What says so: <c>the ledger</c>.</param>
    /// <param name="place">What was altered if it does not match: <c>the archive</c>.</param>
    /// <param name="write">Writes the mail.</param>
    /// <param name="ct">Leaves the <c>.part</c> file.</param>
    /// <returns>Null if it does not match: standard error says so.</returns>
    /// <exception cref="UsageException">The file exists or can't be written.</exception>
    public async Task<WrittenMail?> WriteAsync(
        ParseResult parsed, Digest expected, string witness, string place, Func<Stream, CancellationToken, Task> write,
        CancellationToken ct)
    {
        var file = parsed.GetValue(output);
        await using var target = file is null ? Console.OpenStandardOutput() : Create(file);
        await using var written = new DigestStream(target);
        await write(written, ct);
        var mail = new WrittenMail(file, written.Length, written.Sha256);
        if (mail.Sha256 != expected)
        {
            await Console.Error.WriteLineAsync(
                $"{CommandLine.Name}: What storage gave back has SHA-256 {mail.Sha256}, and {witness} says {expected}: "
                + $"the copy in {place} was altered{(file is null ? "" : $"; it is in {Part(file)}")}.");
            return null;
        }

        if (file is not null)
        {
            await target.DisposeAsync();
            File.Move(Part(file), file);
            if (!parsed.GetValue(CommandLine.Json))
            {
                Console.WriteLine($"{file}: {Output.Size(mail.Bytes)}, SHA-256 {mail.Sha256}, as {witness} says.");
            }
        }

        return mail;
    }

    /// <summary>The file keeps this name until its digest is checked.</summary>
    private static string Part(string file) => $"{file}.part";

    private static FileStream Create(string file)
    {
        if (Path.Exists(file))
        {
            throw new UsageException($"{file} exists already: name another file, or remove it.");
        }

        try
        {
            return new FileStream(Part(file), FileMode.Create, FileAccess.Write);
        }
        catch (DirectoryNotFoundException)
        {
            throw new UsageException($"{file} can't be written: there is no folder {Path.GetDirectoryName(Path.GetFullPath(file))}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} can't be written: {Failure.Describe(e)}.");
        }
    }
}

/// <summary>A mail that was written and has the SHA-256 that it should have.</summary>
/// <param name="File">Null for standard output.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Of what was written.</param>
internal sealed record WrittenMail(string? File, long Bytes, Digest Sha256);
