using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot.Functions.Tests;

/// <summary>Calls functions as the worker does: by name, each time on a new object of their class built from the app's services.</summary>
internal sealed class FunctionInvoker(IServiceProvider app)
{
    /// <summary>All functions of the app by the name under which the host knows them.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> Functions { get; } = typeof(Triggers).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods())
        .Select(method => (Method: method, method.GetCustomAttribute<FunctionAttribute>()?.Name))
        .Where(function => function.Name is not null)
        .ToDictionary(function => function.Name!, function => function.Method, StringComparer.Ordinal);

    /// <summary>The attribute that says what starts a function, with its arguments.</summary>
    public static T? Trigger<T>(MethodInfo function)
        where T : Attribute => function.GetParameters()[0].GetCustomAttribute<T>();

    /// <summary>Runs one function to its end.</summary>
    /// <param name="name">The function's name.</param>
    /// <param name="trigger">What started it: a queue message's bytes, or a timer's tick.</param>
    /// <param name="ct">Cancelled when the host stops.</param>
    public async Task InvokeAsync(string name, object trigger, CancellationToken ct)
    {
        var function = Functions[name];
        await using var scope = app.CreateAsyncScope();
        var target = ActivatorUtilities.CreateInstance(scope.ServiceProvider, function.DeclaringType!);
        await (Task)function.Invoke(target, [trigger, ct])!;
    }
}
