using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.Timers;
using Microsoft.Azure.WebJobs.Host.Timers;
using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MailDepot.Testing.Functions;

/// <summary>The WebJobs SDK's listeners of queues and timers, which the Functions host runs too, with the app's <c>host.json</c>.</summary>
internal static class Listeners
{
    /// <summary>Where the WebJobs SDK looks for what <c>host.json</c> says.</summary>
    private const string Root = "AzureWebJobs:";

    /// <param name="setup">What the app wants, and what a test wants otherwise.</param>
    /// <param name="worker">Gets the calls.</param>
    /// <param name="names">Stand for the queues and schedules.</param>
    /// <param name="log">Gets what is logged.</param>
    /// <param name="unhandled">Hears of a listener that gives up; without one, that ends this process.</param>
    public static IHost Build(
        FunctionsHostSetup setup, WorkerCalls worker, INameResolver names, HostLog log, IWebJobsExceptionHandlerFactory unhandled)
    {
        var hostJson = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(setup.AppFolder, "host.json")).AddInMemoryCollection(setup.HostJson).Build();
        return new HostBuilder()
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(
                hostJson.AsEnumerable().Select(value => KeyValuePair.Create(Root + value.Key, value.Value))
                    .Append(KeyValuePair.Create("AzureWebJobsStorage", (string?)setup.Storage))))
            .ConfigureLogging(logging => logging.AddConfiguration(hostJson.GetSection("logging")).AddProvider(log))
            .ConfigureWebJobs(jobs => jobs.AddAzureStorageCoreServices().AddAzureStorageQueues().AddTimers())
            .ConfigureServices(services =>
            {
                services.AddSingleton<ITypeLocator, OnlyListenedFunctions>().AddSingleton(worker).AddSingleton(names);
                services.AddSingleton<ScheduleMonitor, NeverLate>();
                services.AddSingleton(unhandled);
                if (setup.HiddenFor is { } hidden)
                {
                    HideMessagesFor(services, hidden);
                }
            })
            .Build();
    }

    private static void HideMessagesFor(IServiceCollection services, TimeSpan hidden)
    {
        var clients = services.Last(service => service.ServiceType == typeof(AzureComponentFactory));
        services.AddSingleton<AzureComponentFactory>(provider => new ShortHiding(
            (AzureComponentFactory)ActivatorUtilities.CreateInstance(provider, clients.ImplementationType!), hidden));
    }

    private sealed class OnlyListenedFunctions : ITypeLocator
    {
        public IReadOnlyList<Type> GetTypes() => [typeof(ListenedFunctions)];
    }

    /// <summary>
    /// No timer is ever late. The monitor of Extensions 3.0.6 needs a type that Host.Storage 5 no longer has.
    /// </summary>
    private sealed class NeverLate : ScheduleMonitor
    {
        public override Task<ScheduleStatus?> GetStatusAsync(string timerName) => Task.FromResult<ScheduleStatus?>(null);

        public override Task UpdateStatusAsync(string timerName, ScheduleStatus status) => Task.CompletedTask;
    }
}
