using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Azure.Core;

namespace MailDepot.Testing;

/// <summary>Records what is done to which queue, table or blob container: <c>blob write work/spool</c>.</summary>
public sealed partial class CallRecorder : RequestWatch
{
    private readonly ConcurrentDictionary<string, bool> calls = new(StringComparer.Ordinal);

    /// <summary>The work account's name on Azurite; any other account is the archive's.</summary>
    public string Work { get; set; } = "";

    public IEnumerable<string> Calls => calls.Keys;

    public void Clear() => calls.Clear();

    protected override void See(Request request)
    {
        var parts = request.Uri.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var account = parts[0] == Work ? "work" : "archive";
        var method = request.Method.Method;
        var resource = parts.Length > 1 ? Name().Match(Uri.UnescapeDataString(parts[1])).Value : "";
        if (resource == "$batch")
        {
            foreach (var table in TablesIn(request))
            {
                calls.TryAdd($"table write {account}/{table}", true);
            }
        }
        else if (request.Headers.TryGetValue("DataServiceVersion", out _))
        {
            calls.TryAdd($"table {(method is "GET" ? "read" : "write")} {account}/{resource}", true);
        }
        else if (parts.Length == 3 && parts[2] == "messages" && !request.Headers.TryGetValue("x-ms-blob-type", out _))
        {
            var act = method switch
            {
                "POST" => "add",
                "GET" when Asks("peekonly") => "read",
                _ => "process",
            };
            calls.TryAdd($"queue {act} {account}/{resource}", true);
        }
        else if (parts.Length == 4 && parts[2] == "messages")
        {
            calls.TryAdd($"queue process {account}/{resource}", true);
        }
        else if (parts.Length == 2 && Asks("comp=metadata") && !Asks("restype"))
        {
            calls.TryAdd($"queue read {account}/{resource}", true);
        }
        else
        {
            var act = method switch { "GET" or "HEAD" => "read", "DELETE" => "delete", _ => "write" };
            calls.TryAdd(resource.Length == 0 ? $"blob list {account}" : $"blob {act} {account}/{resource}", true);
        }

        bool Asks(string part) => request.Uri.Query.Contains(part, StringComparison.Ordinal);
    }

    private static IEnumerable<string> TablesIn(Request request)
    {
        using var body = new MemoryStream();
        request.Content!.WriteTo(body, CancellationToken.None);
        return Entity().Matches(System.Text.Encoding.UTF8.GetString(body.ToArray())).Select(match => match.Groups["table"].Value);
    }

    [GeneratedRegex(@"^[\w$-]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Name();

    /// <summary>The first line of each request in a batch.</summary>
    [GeneratedRegex(
        @"^(POST|PUT|PATCH|MERGE|DELETE) http://[^/]+/[^/]+/(?<table>\w+)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Entity();
}
