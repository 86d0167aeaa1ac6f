using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>Stands for the worker's entry of this name.</summary>
public static class FunctionsApplication
{
    /// <summary>A builder with settings from the environment and the command line.</summary>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) => new(Host.CreateApplicationBuilder(args));
}

/// <summary>Stands for the worker's builder: a host without a Functions host to talk to.</summary>
public sealed class FunctionsApplicationBuilder
{
    private readonly HostApplicationBuilder builder;

    internal FunctionsApplicationBuilder(HostApplicationBuilder builder) => this.builder = builder;

    /// <summary>The app's settings.</summary>
    public IConfigurationManager Configuration => builder.Configuration;

    /// <summary>The app's parts.</summary>
    public IServiceCollection Services => builder.Services;

    /// <summary>The app.</summary>
    public IHost Build() => builder.Build();
}
