using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailDepot.Host.Roles;

/// <summary>The response of <c>/ready</c> for a person: one word, and a line for each unhealthy part.</summary>
internal static class HealthText
{
    /// <summary>Writes the response. The status code is for the probe: 200 or 503.</summary>
    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var unwell = report.Entries.Where(part => part.Value.Status is not HealthStatus.Healthy)
            .Select(part => $"{part.Key}: {part.Value.Description}");
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(string.Join('\n', unwell.Prepend(report.Status.ToString())) + "\n", context.RequestAborted);
    }
}
