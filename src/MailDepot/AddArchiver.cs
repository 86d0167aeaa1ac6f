using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Spool;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot;

/// <summary>Composes what writes the archive and keeps it in order.</summary>
public static class ArchiverServices
{
    /// <summary>Adds the archiver, repair and housekeeping, and the <see cref="Pipeline"/> over all of them.</summary>
    /// <param name="services">
    /// With readers and connectors: <see cref="ReaderServices.AddReaders"/>, <see cref="ConnectorServices.AddConnectors"/>.
    /// </param>
    public static IServiceCollection AddArchiver(this IServiceCollection services)
    {
        services.AddSingleton<IndexWriter>();
        services.AddSingleton<Archiver>();
        services.AddSingleton<PoisonRescue>();

        services.AddSingleton<IndexRepair>();
        services.AddSingleton<Rereading>();
        services.AddSingleton<QuarantineDeletion>();
        services.AddSingleton<ContainerCreation>();

        services.AddSingleton<SpoolSweep>();
        services.AddSingleton<OldEvents>();
        services.AddSingleton<QueueMetrics>();
        services.AddSingleton<Housekeeping>();
        services.AddSingleton<Pipeline>();
        return services;
    }
}
