using System.Collections.Immutable;
using System.Globalization;
using Azure.Core;

namespace MailDepot.Testing;

/// <summary>Shows hidden queue messages at once, and records how long they should have stayed hidden.</summary>
public sealed class TimeLapse : RequestWatch
{
    private readonly Lock gate = new();
    private readonly List<(string Queue, TimeSpan Hidden, TimeSpan Lives)> puts = [];

    /// <summary>How long a received message stays hidden, in place of the requested time; null keeps that time.</summary>
    public TimeSpan? AtWork { get; init; }

    /// <summary>Messages put on a queue, in order.</summary>
    public ImmutableArray<(string Queue, TimeSpan Hidden, TimeSpan Lives)> Puts(string queue)
    {
        lock (gate)
        {
            return [.. puts.Where(put => put.Queue == queue)];
        }
    }

    protected override void See(Request request)
    {
        var path = request.Uri.Path.Split('/');
        var query = request.Uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2)).ToList();
        var hidden = request.Method == RequestMethod.Get ? AtWork : TimeSpan.Zero;
        if (!path.Contains("messages", StringComparer.Ordinal) || request.Method == RequestMethod.Delete || hidden is null)
        {
            return;
        }

        if (request.Method == RequestMethod.Post)
        {
            lock (gate)
            {
                puts.Add((path[Array.IndexOf(path, "messages") - 1], Seconds("visibilitytimeout"), Seconds("messagettl")));
            }
        }

        request.Uri.Query = '?' + string.Join('&', query.Select(part => part[0] == "visibilitytimeout"
            ? $"visibilitytimeout={hidden.Value.TotalSeconds:0}"
            : string.Join('=', part)));

        TimeSpan Seconds(string name) =>
            TimeSpan.FromSeconds(query.Find(part => part[0] == name) is { } found ? int.Parse(found[1], CultureInfo.InvariantCulture) : 0);
    }
}
