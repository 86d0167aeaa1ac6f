using System.CommandLine;
using MailDepot.Archive;
using MailDepot.Host.Terminal;
using MailDepot.Storage;
using MailDepot.Views;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot container</c>: lists the archive containers, and creates another.</summary>
internal static class ContainerCommand
{
    public static Command Make() => new("container", "Archive containers: retention units with a name.") { MakeList(), MakeCreate() };

    private static Command MakeList()
    {
        var command = new Command("list", "List the archive containers with their counts.");
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var containers = await depot.Get<ContainersView>().CountAsync(ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(containers);
            }
            else
            {
                Output.Print(ContainerTable.Make(containers));
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static Command MakeCreate()
    {
        var name = new Argument<string>("NAME")
        {
            Description = $"{ArchiveContainerName.Rule}.",
        };
        var command = new Command(
            "create", "Create an archive container in the local depot; on Azure, print what the template needs for it.")
        {
            name,
        };
        command.SetAction((parsed, ct) => CreateAsync(parsed, parsed.GetRequiredValue(name), ct));
        return command;
    }

    private static async Task<int> CreateAsync(ParseResult parsed, string name, CancellationToken ct)
    {
        if (!ArchiveContainerName.IsValid(name))
        {
            throw new UsageException(
                $"An archive container can't be called '{Output.Plain(name)}': a name has {ArchiveContainerName.Rule}.");
        }

        await using var depot = OpenDepot.WithArchiver(parsed);
        var creation = depot.Get<ContainerCreation>();
        var outcome = await creation.CreateAsync(name, ct);
        var answer = new CreateAnswer(name, outcome, outcome switch
        {
            ContainerOutcome.Created =>
                $"The archive container {name} is there. Send mail to it with --recipient PATTERN={name}, or MailDepot:Recipients.",
            ContainerOutcome.AlreadyThere => $"The archive container {name} was there already; nothing was changed.",
            _ => AzureText(creation.Account, name),
        });
        if (parsed.GetValue(CommandLine.Json))
        {
            Output.Json(answer);
        }
        else
        {
            Console.WriteLine(answer.Text); // several lines on Azure
        }

        return outcome is ContainerOutcome.Template ? CommandLine.NotDone : CommandLine.Done;
    }

    /// <summary>Whoever may change policies decides on retention, where the container is created; MailDepot never does.</summary>
    private static string AzureText(string account, string name) => $"""
        {account} is on Azure: there the template makes archive containers, with their retention, and MailDepot may not.
        Add this line to archiveContainers in infra/main.bicepparam, with the days for which nothing may be deleted, and
        run `bash infra/deploy.sh` with your resource group:

          {TemplateLine(name)}
        """;

    /// <summary>The entry of the template's parameter <c>archiveContainers</c>.</summary>
    internal static string TemplateLine(string name) => $"{{ name: '{name}', retentionDays: 3650 }}";

    /// <param name="Name">The archive container.</param>
    /// <param name="Outcome">Whether it was created, or why not.</param>
    /// <param name="Text">For people.</param>
    private sealed record CreateAnswer(string Name, ContainerOutcome Outcome, string Text);
}
